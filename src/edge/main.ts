// The edge cache as a process: `node src/edge/main.ts --config edge.json`. One JSON line per event on stdout, user
// mistakes in plain words on stderr, SIGTERM ends it cleanly.

import { setFlagsFromString } from 'node:v8';
import { configFileArgument, runMain } from '../base/io/config-file.ts';
import { giveBackStart } from '../base/io/keep-heap-small.ts';
import { loadEdgeConfig } from './io/load-config.ts';
import { startEdge } from './io/start-edge.ts';

/** Responses under way at SIGTERM get this long. */
const GRACE_MS = 1000;

const V8_FLAGS = [
  // A collection that is shared out waits for helpers to get a processor, and clients wait with it.
  '--no-parallel-scavenge',
  // No collections in idle moments: what they throw away of the compiled code is missed in the first seconds of the next rush.
  '--memory-reducer-gc-count=0',
  // Bodies that have been read are garbage of 64 KiB behind a small object: a young generation that grows holds hundreds of
  // MB of them.
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=15',
];

async function main(): Promise<void> {
  const file = configFileArgument(process.argv.slice(2), 'node src/edge/main.ts --config edge.json');
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const config = await loadEdgeConfig(file);
  const log = (event: string, details: object = {}) =>
    console.log(
      JSON.stringify({ at: new Date().toISOString(), service: 'edge', pop: config.pop, event, ...details }),
    );
  const edge = await startEdge(config, {
    readConfig: () => loadEdgeConfig(file),
    onEvent: log,
    onError: (error) => log('error', { error: error instanceof Error ? error.stack : String(error) }),
  });
  log('listening', { addresses: edge.addresses, admin: edge.adminAddress });
  giveBackStart();
  const stop = async () => {
    log('stopping');
    await edge.close(GRACE_MS);
    process.exit(0);
  };
  process.on('SIGHUP', () => void edge.reload());
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

runMain(main);
