// Counts of what the server did, as plain maps: a query costs one increment. They take Prometheus' form only when
// /metrics is asked for (io/prometheus), so a server that nobody scrapes never loads that library.

import type { Outcome, Transport } from './query-pipeline.ts';
import { rcodeName, TYPES, typeName } from './wire/constants.ts';

/** Label values joined with a tab, and how often. */
export type Count = Map<string, number>;

export interface Metrics {
  /** type, rcode, transport */
  queries: Count;
  /** policy, pop, reason */
  steered: Count;
  /** reason */
  malformed: Count;
  /** transport */
  truncated: Count;
  dropped: Count;
  /** pop, result */
  healthChecks: Count;
  internalErrors: number;
}

export function createMetrics(): Metrics {
  return {
    queries: new Map(),
    steered: new Map(),
    malformed: new Map(),
    truncated: new Map(),
    dropped: new Map(),
    healthChecks: new Map(),
    internalErrors: 0,
  };
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(TYPES));

export function countOutcome(metrics: Metrics, outcome: Outcome, transport: Transport): void {
  if (outcome.malformed) increment(metrics.malformed, outcome.reason);
  if (outcome.rcode === undefined) increment(metrics.dropped, transport);
  else {
    // Types without a name here are one label: a hostile client must not choose how many time series there are.
    const known = outcome.type !== undefined && KNOWN_TYPES.has(outcome.type);
    const type = outcome.type === undefined ? 'none' : known ? typeName(outcome.type) : 'other';
    increment(metrics.queries, `${type}\t${rcodeName(outcome.rcode)}\t${transport}`);
  }
  if (outcome.truncated) increment(metrics.truncated, transport);
  if (outcome.policy)
    increment(metrics.steered, `${outcome.policy}\t${outcome.pop ?? 'none'}\t${outcome.reason}`);
}

export function increment(count: Count, key: string): void {
  count.set(key, (count.get(key) ?? 0) + 1);
}
