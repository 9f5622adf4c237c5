// Counters of the edge as plain numbers: counting costs nothing and needs no library. They take Prometheus' shape only
// when someone asks (io/admin-server.ts), so that an edge that nobody scrapes never loads prom-client.

import type { CacheStatus } from './cache-status.ts';
import { ClientNetworks } from './client-networks.ts';
import { createHistogram, type Histogram, observe } from './histogram.ts';

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

export interface EdgeMetrics {
  requests: Record<Result, number>;
  responseBytes: Record<Result, number>;
  /** From the request's head to the last byte handed to the system; without those that the client broke off. */
  requestSeconds: Record<Result, Histogram>;
  /** By class, `2xx`. */
  responses: Map<string, number>;
  upstreamRequests: Map<string, number>;
  upstreamSeconds: Histogram;
  /** By reason of what was wrong. */
  badRequests: Map<string, number>;
  clientAborts: number;
  /** Of clients, open now. */
  connections: number;
  /** By the limit they were beyond. */
  refusedConnections: Map<string, number>;
  /** URLs of which more variants were asked for than their route keeps. */
  varyExplosions: number;
  /** By the name of the route. */
  routes: Map<string, RouteCounts>;
  /** Without health checks and bad requests. */
  clients: ClientNetworks;
}

export interface RouteCounts {
  requests: Record<Result, number>;
  responseBytes: Record<Result, number>;
}

export function countRoute(metrics: EdgeMetrics, route: string, result: Result, bytes: number): void {
  let counts = metrics.routes.get(route);
  if (!counts) {
    counts = { requests: eachResult(() => 0), responseBytes: eachResult(() => 0) };
    metrics.routes.set(route, counts);
  }
  counts.requests[result]++;
  counts.responseBytes[result] += bytes;
}

export function createMetrics(): EdgeMetrics {
  const zeros = () => eachResult(() => 0);
  return {
    requests: zeros(),
    responseBytes: zeros(),
    requestSeconds: eachResult(createHistogram),
    responses: new Map(),
    upstreamRequests: new Map(),
    upstreamSeconds: createHistogram(),
    badRequests: new Map(),
    clientAborts: 0,
    connections: 0,
    refusedConnections: new Map(),
    varyExplosions: 0,
    routes: new Map(),
    clients: new ClientNetworks(),
  };
}

function eachResult<T>(make: () => T): Record<Result, T> {
  return Object.fromEntries(RESULTS.map((result) => [result, make()])) as Record<Result, T>;
}

export function countUpstream(metrics: EdgeMetrics, status: number, seconds: number): void {
  increment(metrics.upstreamRequests, `${Math.floor(status / 100)}xx`);
  observe(metrics.upstreamSeconds, seconds);
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
