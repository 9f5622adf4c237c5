// Memory of the whole process for each cached object of 1 kB, filled over HTTP as in life: keys, fields, indexes, and
// what the heap holds besides, without the body.

import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../client.ts';
import { startOriginProcess } from '../origin-process.ts';
import { type Bench, SERVER_CPU } from '../prepare.ts';
import type { RunningServer } from '../server.ts';

const OBJECT_BYTES = 1024;
const BAR_BYTES = 700;
const CONNECTIONS = 64;
/** Warm code and grown pools do not count: this many are filled before. */
const BEFORE = 5000;
/** The heap is collected when it is idle, in steps. */
const SETTLE_MS = 5000;

export async function memory(bench: Bench): Promise<void> {
  const counts = bench.quick ? [20_000] : [100_000, 1_000_000];
  const origin = await startOriginProcess();
  try {
    const cacheBytes = (Math.max(...counts) + BEFORE) * OBJECT_BYTES * 3;
    await bench.with(
      bench.ours(),
      { originPort: origin.port, cacheBytes, cpu: SERVER_CPU },
      async (server) => {
        await fill(server, -BEFORE, 0);
        await sleep(SETTLE_MS);
        const before = server.memory().rss;
        let filled = 0;
        for (const count of counts) {
          const startedMs = performance.now();
          await fill(server, filled, count);
          const seconds = (performance.now() - startedMs) / 1000;
          const rate = (count - filled) / seconds;
          filled = count;
          await sleep(SETTLE_MS);
          const { rss, peakRss } = server.memory();
          const kept = await keptOf(server, count);
          bench.record({
            section: 'Memory of a cached object of 1 kB, beside its body',
            what: `${count} objects`,
            value: ((rss - before) * 2 ** 20) / count - OBJECT_BYTES,
            unit: 'bytes',
            bar: BAR_BYTES,
            detail: `RSS ${rss.toFixed(0)} MB (${before.toFixed(0)} before, at most ${peakRss.toFixed(0)}), ${rate.toFixed(0)} fills/s, ${(kept * 100).toFixed(0)} % of a sample still cached`,
          });
        }
      },
    );
  } finally {
    await origin.stop();
  }
}

async function fill(server: RunningServer, from: number, to: number): Promise<void> {
  let next = from;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = await openClient(server.port);
      while (next < to) {
        const reply = await client.ask(`/object/${next++}`);
        if (reply.status !== 200) throw new Error(`a fill was answered ${reply.status}`);
      }
      client.close();
    }),
  );
}

/** Share of a sample that is answered from the cache. */
async function keptOf(server: RunningServer, count: number): Promise<number> {
  const client = await openClient(server.port);
  let kept = 0;
  for (let i = 0; i < 200; i++) {
    const { head } = await client.ask(`/object/${Math.floor((i * count) / 200)}`);
    if (/^cache-status:.*hit/im.test(head)) kept++;
  }
  client.close();
  return kept / 200;
}
