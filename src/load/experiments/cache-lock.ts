// The cache lock (collapsed forwarding): what an origin and its clients see when an object that everybody wants expires
// once a second and takes half a second to make.

import { type LoadResult, percentilesMs } from '../load-result.ts';
import {
  type ExperimentTable,
  type ExperimentTools,
  ms,
  originRequests,
  percent,
  planFor,
} from './experiment.ts';

const RATE = 200;
const DURATION_MS = 30_000;
const ORIGIN_DELAY_MS = 500;
/**
 * Requests with Authorization are never joined, and a public response to them may be stored (RFC 9111 section 3.5): so
 * that is how an edge without the lock behaves.
 */
const WITHOUT_LOCK = ['Authorization', 'Basic bG9hZDp0ZXN0'];
const CASES: { name: string; query: string; fields: string[] }[] = [
  { name: 'off', query: '', fields: WITHOUT_LOCK },
  { name: 'on', query: '', fields: [] },
  { name: 'on, stale-while-revalidate', query: '&swr=10', fields: [] },
];

export async function cacheLockExperiment(tools: ExperimentTools): Promise<ExperimentTable> {
  const durationMs = tools.durationMs(DURATION_MS);
  tools.say(`cache-lock: ${CASES.length} edges one after the other, ${durationMs / 1000} s each`);
  const rows: { name: string; result: LoadResult; asked: number; latency: Record<string, number> }[] = [];
  for (const { name, query, fields } of CASES) {
    const origin = await tools.origin();
    const edge = await tools.edge('fra', { origins: [origin] });
    const path = `/json/hot?public=1&max_age=1&delay_ms=${ORIGIN_DELAY_MS}${query}`;
    const requests = { kind: 'list' as const, paths: [path], order: 'sequence' as const };
    const result = await tools.load(
      planFor(edge.target, { requests, durationMs, fields, ratePerSecond: RATE }),
    );
    const asked = await originRequests(origin);
    const latency = percentilesMs(result.latency);
    await tools.stop(edge, origin);
    rows.push({ name, result, asked, latency });
  }
  const [off, on, swr] = rows;
  const perSecond = (row: (typeof rows)[number] | undefined) => (row ? row.asked / row.result.seconds : 0);
  return {
    name: 'cache-lock',
    question: 'What does collapsed forwarding spare the origin, and what does it cost clients?',
    setup: `One object of TTL 1 s that the origin takes ${ORIGIN_DELAY_MS} ms for, ${RATE} requests a second (Poisson) for ${durationMs / 1000} s. "off" sends Authorization, which keeps requests from being joined and the public response cacheable.`,
    columns: [
      'cache lock',
      'requests',
      'origin requests',
      'origin/s',
      'hits',
      'p50 ms',
      'p90 ms',
      'p99 ms',
      'max ms',
    ],
    rows: rows.map((row) => [
      row.name,
      String(row.result.requests),
      String(row.asked),
      perSecond(row).toFixed(1),
      percent(row.result.hitRatio),
      ...['p50', 'p90', 'p99', 'max'].map((p) => ms(row.latency[p])),
    ]),
    reading: [
      `Without the lock the origin gets ${perSecond(off).toFixed(1)} requests a second for one object, with it ${perSecond(on).toFixed(1)}: ${(perSecond(off) / Math.max(0.01, perSecond(on))).toFixed(0)} times fewer. Clients wait as long: the p90 is ${ms(off?.latency['p90'])} ms without and ${ms(on?.latency['p90'])} ms with it.`,
      `Only stale-while-revalidate spares them the waiting: p99 ${ms(swr?.latency['p99'])} ms, at ${perSecond(swr).toFixed(1)} requests a second to the origin.`,
    ],
  };
}
