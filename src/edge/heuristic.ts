// Heuristic freshness (RFC 9111 section 4.2.2): where the response says nothing, a tenth of the time since it was last
// modified, for statuses that allow it. Bounded low, because a CDN that guesses is a CDN that has to be purged.

import { type CacheControl, hasDirective } from './cache-control.ts';
import { type Fields, fieldValue } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** RFC 9110 section 15.1; what 206 allows is of no use to a cache that keeps wholes only. */
export const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
]);
const FRACTION = 0.1;
/** One hour: long enough to take the load off the origin, short enough to be outlived by a wrong guess. */
export const MAX_HEURISTIC_SECONDS = 3600;

/** May this status be kept without a word about its freshness? `public` says yes for any (section 4.2.2). */
export function allowsHeuristic(status: number, cacheControl: CacheControl): boolean {
  return HEURISTICALLY_CACHEABLE.has(status) || hasDirective(cacheControl, 'public');
}

/** Whole seconds; 0 where Last-Modified is missing, no date, or not in the past. */
export function heuristicSeconds(fields: Fields, responseTimeMs: number): number {
  const modifiedMs = parseHttpDate(fieldValue(fields, 'last-modified') ?? '', responseTimeMs);
  if (modifiedMs === undefined) return 0;
  const dateMs = parseHttpDate(fieldValue(fields, 'date') ?? '', responseTimeMs) ?? responseTimeMs;
  const seconds = Math.floor(((dateMs - modifiedMs) / 1000) * FRACTION);
  return Math.min(Math.max(0, seconds), MAX_HEURISTIC_SECONDS);
}
