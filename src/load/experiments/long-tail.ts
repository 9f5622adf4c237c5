// How large a cache must be: hit ratio by its size, for an even and a long-tailed load, with two ways to evict.

import { LONG_TAIL, type Popularity } from '../popularity.ts';
import { type ExperimentTable, type ExperimentTools, percent, planFor } from './experiment.ts';

const OBJECT_BYTES = 20_000;
/** An object with its head and bookkeeping. */
const OBJECT_COST_BYTES = 21_000;
const SIZES = [5, 10, 20, 50, 100, 205];
const RATE = 300;
const DURATION_MS = 20_000;
const EVICTIONS = ['s3-fifo', 'lru'];
const LOADS: [string, Popularity][] = [
  ['long tail', LONG_TAIL],
  ['uniform', { kind: 'uniform', items: 205 }],
];

export async function longTailExperiment(tools: ExperimentTools): Promise<ExperimentTable> {
  const durationMs = tools.durationMs(DURATION_MS);
  const origin = await tools.origin();
  const cases = LOADS.flatMap(([load, popularity]) =>
    EVICTIONS.map((eviction) => ({ load, popularity, eviction })),
  );
  const rows: string[][] = [];
  const ratios = new Map<string, number>();
  for (const size of SIZES) {
    tools.say(
      `long-tail: room for ${size} of 205 objects, ${cases.length} edges at once for ${durationMs / 1000} s`,
    );
    const cacheBytes = Math.max(65_536, size * OBJECT_COST_BYTES);
    const edges = await Promise.all(
      cases.map(({ eviction }) => tools.edge('fra', { origins: [origin], eviction, cacheBytes })),
    );
    const measured = await Promise.all(
      cases.map(async ({ load, popularity, eviction }, i) => {
        const { target } = edges[i] as (typeof edges)[number];
        const path = `/bytes/${OBJECT_BYTES}?item={item}&max_age=3600`;
        const requests = { kind: 'items' as const, path, popularity };
        // Filled before it is measured: this is about room, not about the first request for each object.
        const plan = planFor(target, {
          requests,
          durationMs,
          warmUpMs: durationMs / 2,
          ratePerSecond: RATE,
        });
        const { hitRatio } = await tools.load(plan);
        ratios.set(`${load} ${eviction} ${size}`, hitRatio ?? 0);
        return percent(hitRatio);
      }),
    );
    await tools.stop(...edges);
    rows.push([String(size), percent(size / 205), ...measured]);
  }
  await tools.stop(origin);
  const of = (key: string) => percent(ratios.get(key) ?? 0);
  return {
    name: 'long-tail',
    question: 'How much of the site must fit into the cache?',
    setup: `205 objects of 20 kB, lifetime an hour, ${RATE} requests a second (Poisson) for ${durationMs / 1000} s after half of that to fill. Long tail: 96 % of requests to 5 objects.`,
    columns: ['room for objects', 'of all', ...cases.map(({ load, eviction }) => `${load}, ${eviction}`)],
    rows,
    reading: [
      `With the long tail, room for 10 objects gives ${of('long tail s3-fifo 10')} and for 100 ${of('long tail s3-fifo 100')}: the five that everybody wants are the hit ratio, and the way to evict hardly matters once they fit.`,
      `With an even load the hit ratio is the share of objects that fit (${of('uniform s3-fifo 100')} with room for 100 of 205), whatever is evicted.`,
    ],
  };
}
