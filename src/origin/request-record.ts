// What reached the origin: counts, and the latest requests with their fields. It is how a test (or a person) knows what
// a cache in front kept away, and what it sent on.

export interface OriginCounters {
  requests: number;
  /** By path without query; at most MAX_COUNTED paths. */
  byPath: Map<string, number>;
  byStatus: Map<number, number>;
  byMethod: Map<string, number>;
  /** Requests that asked with If-None-Match or If-Modified-Since, and with Range. */
  conditional: number;
  ranges: number;
  faults: number;
  bytes: number;
  /** The latest ones, oldest first; at most MAX_RECENT. */
  recent: ReceivedRequest[];
}

export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** As received: name, value, name, value. */
  fields: readonly string[];
}

export const MAX_COUNTED = 10_000;
const MAX_RECENT = 500;
/** Methods are whatever clients send: those beyond share a count. */
const MAX_METHODS = 32;

export function createCounters(): OriginCounters {
  const maps = { byPath: new Map(), byStatus: new Map(), byMethod: new Map() };
  return { requests: 0, conditional: 0, ranges: 0, faults: 0, bytes: 0, recent: [], ...maps };
}

/** Back to nothing, in place. */
export function resetCounters(counters: OriginCounters): void {
  Object.assign(counters, createCounters());
}

export function countRequest(counters: OriginCounters, request: ReceivedRequest): void {
  const path = request.url.split('?', 1)[0] ?? '/';
  const names = request.fields.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  counters.requests++;
  if (counters.byPath.has(path) || counters.byPath.size < MAX_COUNTED) increment(counters.byPath, path);
  const known = counters.byMethod.has(request.method) || counters.byMethod.size < MAX_METHODS;
  increment(counters.byMethod, known ? request.method : 'other');
  if (names.includes('if-none-match') || names.includes('if-modified-since')) counters.conditional++;
  if (names.includes('range')) counters.ranges++;
  counters.recent.push(request);
  if (counters.recent.length > MAX_RECENT) counters.recent.shift();
}

export function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
