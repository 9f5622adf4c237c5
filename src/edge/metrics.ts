// Counters of the edge as plain numbers: counting costs nothing and needs no library. They take Prometheus' shape only
// when someone asks (io/admin-server.ts), so that an edge that nobody scrapes never loads prom-client.

import type { CacheStatus } from './cache-status.ts';

/** How requests were answered; their sum is all requests. hit ratio = (hit + stale) / all but local and bad. */
export const RESULTS = [
  'hit',
  'stale',
  'revalidated',
  'miss',
  'collapsed',
  'pass',
  'error',
  'local',
  'bad-request',
] as const;
export type Result = (typeof RESULTS)[number];

/** Seconds; from a LAN to a hung origin. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface EdgeMetrics {
  requests: Record<Result, number>;
  responseBytes: Record<Result, number>;
  /** By class, `2xx`. */
  responses: Map<string, number>;
  upstreamRequests: Map<string, number>;
  upstreamSeconds: { buckets: number[]; sum: number; count: number };
  /** By reason of what was wrong. */
  badRequests: Map<string, number>;
  clientAborts: number;
}

export function createMetrics(): EdgeMetrics {
  const zeros = () => Object.fromEntries(RESULTS.map((result) => [result, 0])) as Record<Result, number>;
  return {
    requests: zeros(),
    responseBytes: zeros(),
    responses: new Map(),
    upstreamRequests: new Map(),
    upstreamSeconds: { buckets: LATENCY_BUCKETS.map(() => 0), sum: 0, count: 0 },
    badRequests: new Map(),
    clientAborts: 0,
  };
}

export function countUpstream(metrics: EdgeMetrics, status: number, seconds: number): void {
  increment(metrics.upstreamRequests, `${Math.floor(status / 100)}xx`);
  const { buckets } = metrics.upstreamSeconds;
  for (let i = 0; i < buckets.length; i++) {
    if (seconds <= (LATENCY_BUCKETS[i] ?? 0)) buckets[i] = (buckets[i] ?? 0) + 1;
  }
  metrics.upstreamSeconds.sum += seconds;
  metrics.upstreamSeconds.count++;
}

export function increment(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

/** The result a Cache-Status stands for. */
export function resultOf(status: CacheStatus, failed: boolean): Result {
  if (status.hit) return (status.ttl ?? 1) > 0 ? 'hit' : 'stale';
  if (status.detail === 'stale-if-error') return 'stale';
  if (failed) return 'error';
  if (!status.fwd) return 'local';
  if (status.collapsed) return 'collapsed';
  if (status.fwdStatus === 304 && status.fwd !== 'method' && status.fwd !== 'bypass') return 'revalidated';
  return status.fwd === 'method' || status.fwd === 'bypass' ? 'pass' : 'miss';
}
