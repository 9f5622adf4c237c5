// The origin as a process: `node src/origin/main.ts --config origin.json`. One JSON line per event on stdout, user
// mistakes in plain words on stderr, SIGTERM ends it cleanly.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UserError } from '../base/errors.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { parseOriginConfig } from './config.ts';
import { startOrigin } from './io/start-origin.ts';

async function main(): Promise<void> {
  const file = configFile();
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UserError({ message: `cannot read the configuration: ${cause.message}`, file });
  });
  const config = parseOriginConfig(text, file);
  const log = (event: string, details: object = {}) =>
    console.log(JSON.stringify({ at: new Date().toISOString(), service: 'origin', event, ...details }));
  const origin = await startOrigin(config);
  log('listening', { addresses: origin.addresses, admin: origin.adminAddress });
  keepHeapSmall();
  const stop = async () => {
    log('stopping');
    await origin.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function configFile(): string {
  const usage = { hint: 'node src/origin/main.ts --config origin.json' };
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } });
    if (values.config) return values.config;
  } catch (error) {
    throw new UserError({ message: (error as Error).message, ...usage }, 2);
  }
  throw new UserError({ message: '--config is missing', ...usage }, 2);
}

main().catch((error: unknown) => {
  console.error(error instanceof UserError ? error.message : error);
  process.exit(error instanceof UserError ? error.exitCode : 1);
});
