// The edge cache as a process: `node src/edge/main.ts --config edge.json`. One JSON line per event on stdout, user
// mistakes in plain words on stderr, SIGTERM ends it cleanly.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UserError } from '../base/errors.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { parseEdgeConfig } from './config.ts';
import { startEdge } from './io/start-edge.ts';

/** Responses under way at SIGTERM get this long. */
const GRACE_MS = 1000;

async function main(): Promise<void> {
  const file = configFile();
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UserError({ message: `cannot read the configuration: ${cause.message}`, file });
  });
  const config = parseEdgeConfig(text, file);
  const log = (event: string, details: object = {}) =>
    console.log(
      JSON.stringify({ at: new Date().toISOString(), service: 'edge', pop: config.pop, event, ...details }),
    );
  const edge = await startEdge(config, {
    onError: (error) => log('error', { error: error instanceof Error ? error.stack : String(error) }),
  });
  log('listening', { addresses: edge.addresses, admin: edge.adminAddress });
  keepHeapSmall();
  const stop = async () => {
    log('stopping');
    await edge.close(GRACE_MS);
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function configFile(): string {
  const usage = { hint: 'node src/edge/main.ts --config edge.json' };
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
