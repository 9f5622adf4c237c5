// The GeoDNS server as a process: `node src/dns/main.ts --config FILE`. SIGTERM and SIGINT end it cleanly, SIGHUP reloads
// zones and GeoIP. Exit codes: 0 ended, 1 could not start, 2 wrong usage.

import { parseArgs } from 'node:util';
import { UserError } from '../base/errors.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { createLog } from './io/log.ts';
import { startDnsService } from './io/service.ts';

const USAGE = 'usage: node src/dns/main.ts --config FILE';

export async function main(args: string[]): Promise<void> {
  const log = createLog('dns');
  try {
    const service = await startDnsService(configPath(args), log);
    process.on('SIGHUP', () => void service.reload());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info('ending', { signal });
        service.close().then(() => process.exit(0));
      });
    }
    keepHeapSmall();
    // Last: whoever waits for this line may send a signal at once.
    log.info('ready', { listening: service.listening, ...(service.admin && { admin: service.admin }) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

function configPath(args: string[]): string {
  try {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    if (values.config) return values.config;
    throw new Error('--config is missing');
  } catch (error) {
    throw new UserError({ message: (error as Error).message, hint: USAGE }, 2);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
