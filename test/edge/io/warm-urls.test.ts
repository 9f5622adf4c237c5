// Warming a list of URLs: how many at a time, and what is told of them.

import { expect, it } from 'vitest';
import type { Answer } from '../../../src/edge/edge-request.ts';
import { warmUrls } from '../../../src/edge/io/warm-urls.ts';

const answer = (detail: string, hit: boolean, stored: boolean): Answer => ({
  status: 200,
  fields: [],
  body: { kind: 'chunks', chunks: [Buffer.from('12345')] },
  cacheStatus: { hit, stored, detail },
});

it('asks for each URL once, so many at a time, and tells what is not stored and why', async () => {
  let now = 0;
  let most = 0;
  const report = await warmUrls(['/a', '/b', '/c', '/d', '/a'], 2, async (url) => {
    now++;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    if (url === '/d') throw new Error('connection refused');
    return answer(url === '/c' ? 'no-store' : '', url === '/b', url === '/a');
  });
  expect(most).toBe(2);
  expect(report).toMatchObject({ asked: 4, stored: 1, hits: 1, failed: 1, bytes: 15 });
  expect(report.notStored).toEqual([
    { url: '/c', status: 200, bytes: 5, stored: false, detail: 'no-store' },
    { url: '/d', status: 0, bytes: 0, stored: false, detail: 'connection refused' },
  ]);
});
