// Several edges in a POP: round-robin gives each of them every object, consistent hashing each of them a part, and bounded
// load keeps the one with the hot object from being overrun.

import { type LoadResult, percentilesMs } from '../load-result.ts';
import {
  type ExperimentTable,
  type ExperimentTools,
  ms,
  originRequests,
  percent,
  planFor,
} from './experiment.ts';

const EDGES = 4;
const ITEMS = 400;
const OBJECT_BYTES = 20_000;
/** Room for a quarter of the objects in each: all of them in all edges together, if each is kept once. */
const CACHE_BYTES = 110 * 21_000;
const RATE = 300;
const DURATION_MS = 40_000;
const POLICIES = ['round-robin', 'least-connections', 'consistent-hash', 'bounded-load'];

interface Row {
  policy: string;
  result: LoadResult;
  toOrigin: number;
  hitRatio: number;
  /** Requests of the edge with the most, over an even share. */
  busiest: number;
  latency: Record<string, number>;
}

export async function hashingExperiment(tools: ExperimentTools): Promise<ExperimentTable> {
  const durationMs = tools.durationMs(DURATION_MS);
  const rows: Row[] = [];
  for (const policy of POLICIES) {
    tools.say(`hashing: ${EDGES} edges behind ${policy} for ${(durationMs * 1.5) / 1000} s`);
    const origin = await tools.origin({ latencyProfile: 'cdn' });
    const edges = await Promise.all(
      Array.from({ length: EDGES }, (_, i) =>
        tools.edge(`edge-${i + 1}`, { origins: [origin], cacheBytes: CACHE_BYTES }),
      ),
    );
    // A balancer is an edge that keeps nothing.
    const front = await tools.edge('front', {
      origins: edges,
      balance: { policy },
      routes: [{ bypass: { paths: ['/*'] } }],
    });
    const requests = {
      kind: 'items' as const,
      path: `/bytes/${OBJECT_BYTES}?item={item}&max_age=3600`,
      popularity: { kind: 'zipf' as const, exponent: 1, items: ITEMS },
    };
    await tools.load(
      planFor(front.target, { requests, durationMs: durationMs / 2, ratePerSecond: RATE, seed: 2 }),
    );
    const before = await Promise.all([originRequests(origin), ...edges.map(answered)]);
    const result = await tools.load(planFor(front.target, { requests, durationMs, ratePerSecond: RATE }));
    const after = await Promise.all([originRequests(origin), ...edges.map(answered)]);
    const [toOrigin = 0, ...byEdge] = after.map((count, i) => count - (before[i] ?? 0));
    await tools.stop(front, ...edges, origin);
    const total = byEdge.reduce((sum, count) => sum + count, 0);
    rows.push({
      policy,
      result,
      toOrigin,
      hitRatio: total === 0 ? 0 : 1 - toOrigin / total,
      busiest: (Math.max(...byEdge) * EDGES) / Math.max(1, total),
      latency: percentilesMs(result.latency),
    });
  }
  const of = (policy: string) => rows.find((row) => row.policy === policy);
  return {
    name: 'hashing',
    question: 'How should the edges of a POP share their objects?',
    setup: `${EDGES} edges with room for a quarter of ${ITEMS} objects of 20 kB each, behind a balancer; Zipf 1.0, ${RATE} requests a second (Poisson) for ${durationMs / 1000} s after ${durationMs / 2000} s to fill.`,
    columns: [
      'balancer',
      'requests',
      'hit ratio of the POP',
      'origin requests',
      'busiest edge, times its share',
      'p50 ms',
      'p95 ms',
      'p99 ms',
    ],
    rows: rows.map(({ policy, result, toOrigin, hitRatio, busiest, latency }) => [
      policy,
      String(result.requests),
      percent(hitRatio),
      String(toOrigin),
      busiest.toFixed(2),
      ms(latency['p50']),
      ms(latency['p95']),
      ms(latency['p99']),
    ]),
    reading: [
      `Round-robin keeps the same objects in every edge and hits ${percent(of('round-robin')?.hitRatio ?? 0)}; consistent hashing makes one cache of the four and hits ${percent(of('consistent-hash')?.hitRatio ?? 0)}.`,
      `Its price is that the edge with the hottest object gets ${of('consistent-hash')?.busiest.toFixed(2)} times its share; bounded load brings that to ${of('bounded-load')?.busiest.toFixed(2)} at a hit ratio of ${percent(of('bounded-load')?.hitRatio ?? 0)}.`,
    ],
  };
}

/** Requests that an edge has answered from or through its cache. */
async function answered(edge: { state(path: string): Promise<Record<string, unknown>> }): Promise<number> {
  const { requests } = (await edge.state('/state')) as { requests: Record<string, number> };
  const own = new Set(['local', 'bad-request']);
  return Object.entries(requests).reduce((sum, [result, count]) => sum + (own.has(result) ? 0 : count), 0);
}
