// Back-pressure on a response: wait until what was written has gone, or the client has.

import type { ServerResponse } from 'node:http';

/** Fulfilled at once when there is nothing to wait for. */
export function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
