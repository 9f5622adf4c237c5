// The GeoDNS server as a process: `node src/dns/main.ts --config FILE`. SIGTERM and SIGINT end it cleanly, SIGHUP reloads
// everything that the configuration names. Exit codes: 0 ended, 1 could not start, 2 wrong usage. Its threads are started
// from this same file, since a bundle of the program is one file.

import { isMainThread } from 'node:worker_threads';
import { UserError } from '../base/errors.ts';
import { configFileArgument } from '../base/io/config-file.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { createLog } from './io/log.ts';
import { startDnsService } from './io/service.ts';

const USAGE = 'usage: node src/dns/main.ts --config FILE';

/** `program` is this file as Node.js runs it, a bundle where there is one: threads are started from it. */
export async function main(args: string[], program = process.argv[1]): Promise<void> {
  const log = createLog('dns');
  try {
    const service = await startDnsService(configFileArgument(args, USAGE), log, {
      ...(program !== undefined && { program }),
      onSucceeded: () => process.exit(0),
    });
    process.on('SIGHUP', () => void service.reload());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info('ending', { signal });
        service.close().then(() => process.exit(0));
      });
    }
    if (service.mayBeSmall) keepHeapSmall();
    // Last: whoever waits for this line may send a signal at once.
    log.info('ready', { listening: service.listening, ...(service.admin && { admin: service.admin }) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

if (!isMainThread) await (await import('./io/threads.ts')).runThread();
else if (import.meta.main) await main(process.argv.slice(2));
