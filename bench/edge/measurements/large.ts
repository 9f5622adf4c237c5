// An object of a gigabyte, larger than the cache: passed on whole with memory bounded, also to a client that stops
// reading, and when the origin does not say how long it is.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../client.ts';
import { startOriginProcess } from '../origin-process.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

const CACHE_BYTES = 64 * 2 ** 20;
/** Over the memory before: the cache's own, and as much again for what is under way. */
const BAR_MB = (2 * CACHE_BYTES) / 2 ** 20;
const SLOW_MS = 3000;

export async function large(bench: Bench): Promise<void> {
  const bytes = bench.quick ? 256 * 2 ** 20 : 2 ** 30;
  const origin = await startOriginProcess();
  const options = { originPort: origin.port, cacheBytes: CACHE_BYTES };
  try {
    const peers = bench.quick ? [] : [nginx('default'), varnish, squid('default'), trafficserver];
    for (const kind of [...peers, bench.ours()]) {
      for (const [path, what] of [
        [`/big/${bytes}`, 'length told'],
        [`/big/${bytes}/unknown`, 'length not told'],
      ] as const) {
        await bench.with(kind, options, async (server) => {
          const before = server.memory().rss;
          const { received, seconds } = await download(server, path);
          const after = server.memory();
          if (received !== bytes && kind.name === 'ours')
            bench.problems.push(`ours, ${what}: ${received} of ${bytes} bytes`);
          bench.record({
            section: `An object of ${bytes / 2 ** 20} MB through a cache of ${CACHE_BYTES / 2 ** 20} MB`,
            what: `RSS grown at most by, ${what}, ${kind.name}`,
            value: after.peakRss - before,
            unit: 'MB',
            ...(kind.name === 'ours' && { bar: BAR_MB }),
            detail: `${received === bytes ? 'whole' : `BROKEN OFF at ${received}`}, ${(bytes / 2 ** 20 / seconds).toFixed(0)} MB/s, the client stops for ${SLOW_MS / 1000} s; RSS before ${before.toFixed(0)} MB`,
          });
        });
      }
    }
  } finally {
    await origin.stop();
  }
}

/** Counts a body; after the first 10 MB it reads nothing for a while. */
async function download(server: RunningServer, path: string): Promise<{ received: number; seconds: number }> {
  const socket = connect(server.port, '127.0.0.1');
  const startedMs = performance.now();
  socket.write(`GET ${path} HTTP/1.0\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  let received = 0;
  let body = false;
  let head = '';
  let paused = false;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    if (body) received += chunk.length;
    else {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) continue;
      body = true;
      received = head.length - end - 4;
    }
    if (!paused && received > 10 * 2 ** 20) {
      paused = true;
      await sleep(SLOW_MS);
    }
  }
  return { received, seconds: (performance.now() - startedMs - (paused ? SLOW_MS : 0)) / 1000 };
}
