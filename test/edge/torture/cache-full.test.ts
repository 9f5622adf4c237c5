// A cache smaller than what is asked for: it never holds more than it may, and what it answers is always the right body.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeBefore } from './support/edge-before.ts';
import { response } from './support/scripted-origin.ts';

const CACHE_BYTES = 200_000;

const bodyOf = (path: string) => {
  const size = Number(path.split('/')[3]);
  return Buffer.from(path.padEnd(size, path).slice(0, size));
};

describe('a full cache', () => {
  it('keeps to its bytes and answers rightly, whatever is asked for in what order', async () => {
    const setting = await edgeBefore(
      ({ path }, socket) => void socket.write(response(200, ['Cache-Control: max-age=600'], bodyOf(path))),
      { cacheBytes: CACHE_BYTES },
    );
    const size = fc.oneof(
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 20_000, max: 60_000 }),
      fc.integer({ min: CACHE_BYTES - 2000, max: CACHE_BYTES * 2 }),
    );
    const path = fc.tuple(fc.integer({ min: 0, max: 30 }), size).map(([id, bytes]) => `/full/${id}/${bytes}`);
    await fc.assert(
      fc.asyncProperty(fc.array(path, { minLength: 5, maxLength: 40 }), async (paths) => {
        const replies = await Promise.all(paths.map((each) => setting.get(each)));
        replies.forEach(({ status, broken, body }, i) => {
          expect([status, broken, body.equals(bodyOf(paths[i] as string))]).toEqual([200, false, true]);
        });
        expect(setting.edge.store.bytes).toBeLessThanOrEqual(CACHE_BYTES);
      }),
      { numRuns: 40 },
    );
    expect(setting.errors).toEqual([]);
    await setting.close();
  });
});
