// How long an object may live decides what a cache can do: TTL 1, 10 and 60 s under an even and a long-tailed load.

import { percentilesMs } from '../load-result.ts';
import { LONG_TAIL, type Popularity } from '../popularity.ts';
import {
  type ExperimentTable,
  type ExperimentTools,
  ms,
  originRequests,
  percent,
  planFor,
} from './experiment.ts';

const RATE = 50;
const DURATION_MS = 120_000;
const TTLS = [1, 10, 60];
const LOADS: [string, Popularity][] = [
  ['uniform over 205', { kind: 'uniform', items: 205 }],
  ['long tail 5 + 200', LONG_TAIL],
];

export async function ttlExperiment(tools: ExperimentTools): Promise<ExperimentTable> {
  const durationMs = tools.durationMs(DURATION_MS);
  tools.say(`ttl: ${TTLS.length * LOADS.length} edges at once for ${durationMs / 1000} s`);
  const cases = LOADS.flatMap(([name, popularity]) => TTLS.map((ttl) => ({ name, popularity, ttl })));
  // Each with an origin and an edge of its own; all are there before the first request is.
  const started = await Promise.all(
    cases.map(async (each) => {
      const origin = await tools.origin({ latencyProfile: 'cdn' });
      return { ...each, origin, edge: await tools.edge('fra', { origins: [origin] }) };
    }),
  );
  const rows = await Promise.all(
    started.map(async ({ name, popularity, ttl, origin, edge }) => {
      const path = `/json/{item}?max_age=${ttl}`;
      const requests = { kind: 'items' as const, path, popularity };
      const result = await tools.load(planFor(edge.target, { requests, durationMs, ratePerSecond: RATE }));
      return {
        name,
        ttl,
        result,
        asked: await originRequests(origin),
        latency: percentilesMs(result.latency),
      };
    }),
  );
  await tools.stop(...started.flatMap(({ edge, origin }) => [edge, origin]));
  const ratio = (name: string, ttl: number) =>
    rows.find((row) => row.name === name && row.ttl === ttl)?.result.hitRatio ?? 0;
  const [even = '', tail = ''] = LOADS.map(([name]) => name);
  return {
    name: 'ttl',
    question: 'What does a longer lifetime bring, and for which load?',
    setup: `One edge, an origin with half of its answers within 20 ms and 5 % over 150 ms, ${RATE} requests a second (Poisson) for ${durationMs / 1000} s from an empty cache.`,
    columns: ['load', 'TTL s', 'requests', 'hit ratio', 'origin requests/s', 'p50 ms', 'p95 ms', 'p99 ms'],
    rows: rows.map(({ name, ttl, result, asked, latency }) => [
      name,
      String(ttl),
      String(result.requests),
      percent(result.hitRatio),
      (asked / result.seconds).toFixed(1),
      ms(latency['p50']),
      ms(latency['p95']),
      ms(latency['p99']),
    ]),
    reading: [
      `With TTL 1 s the even load hits ${percent(ratio(even, 1))} and the long tail ${percent(ratio(tail, 1))}: an object must be asked for again within its lifetime to be a hit, and 205 objects at ${RATE} requests a second are asked for every ${(205 / RATE).toFixed(1)} s.`,
      `From 10 s to 60 s the even load gains ${(100 * (ratio(even, 60) - ratio(even, 10))).toFixed(1)} points, the long tail ${(100 * (ratio(tail, 60) - ratio(tail, 10))).toFixed(1)}: what is popular needs no long lifetime.`,
    ],
  };
}
