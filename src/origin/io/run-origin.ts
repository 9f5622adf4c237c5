// An origin as a process: one JSON line per event on standard output, SIGTERM and SIGINT end it cleanly.

import { keepHeapSmall } from '../../base/io/keep-heap-small.ts';
import type { OriginConfig } from '../config.ts';
import { startOrigin } from './start-origin.ts';

/** Fulfilled when it listens. @throws UserError when it cannot. */
export async function runOrigin(config: OriginConfig): Promise<void> {
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
