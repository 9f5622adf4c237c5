// First byte of a streamed miss beside the origin's own: what the cache adds to an answer that it only passes on.

import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from '../../support/statistics.ts';
import { openClient } from '../client.ts';
import type { Bench } from '../prepare.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

const SECTION = 'First byte of a streamed miss, from the moment the origin writes it';
const BAR_MS = 1;
const WARM_UP = 300;

export async function firstByte(bench: Bench): Promise<void> {
  const count = bench.quick ? 50 : 200;
  const direct = await lags(bench, bench.origin.port, 'direct', count);
  for (const kind of [nginx('default'), varnish, squid('default'), trafficserver, bench.ours()]) {
    await bench.with(kind, {}, async (server) => {
      const added = await lags(bench, server.port, kind.name, count);
      bench.record({
        section: SECTION,
        what: kind.name,
        value: median(added) - median(direct),
        unit: 'ms more than without a cache',
        ...(kind.name === 'ours' && { bar: BAR_MS }),
        detail: `p50 ${median(added).toFixed(2)} ms, p90 ${percentile(added, 0.9).toFixed(2)}; direct p50 ${median(direct).toFixed(2)} ms, p90 ${percentile(direct, 0.9).toFixed(2)}`,
      });
    });
  }
}

async function lags(bench: Bench, port: number, name: string, count: number): Promise<number[]> {
  const client = await openClient(port);
  const values: number[] = [];
  for (let i = 0; i < WARM_UP + count; i++) {
    const path = `/first-byte/${name.replaceAll(/\W+/g, '-')}/${i}`;
    // Streamed: the end comes later than the first byte is seen; the warm-up does without, to be short.
    bench.origin.behave(path, { cacheControl: 'max-age=60', bytes: 20_000, overMs: i < WARM_UP ? 0 : 10 });
    const startedMs = performance.now();
    const reply = await client.ask(path);
    if (i >= WARM_UP) values.push(startedMs + reply.firstByteMs - bench.origin.firstByteAt(path));
    if (i % 50 === 0) await sleep(5);
  }
  client.close();
  return values;
}
