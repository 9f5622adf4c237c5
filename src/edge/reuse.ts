// The decision at the heart of the cache (RFC 9111 section 4): given what is stored for a URL and a request, serve
// it, ask the origin whether it still holds, or fetch anew. Pure; used for stored responses and, by those who wait
// for somebody else's fetch, for the response that just arrived.

import { type CacheControl, directiveSeconds, hasDirective, parseCacheControl } from './cache-control.ts';
import type { ForwardReason } from './cache-status.ts';
import { type Fields, fieldValue } from './fields.ts';
import { currentAgeSeconds, staleAllowanceSeconds, ttlSeconds } from './freshness.ts';
import type { ResponseHead } from './stored-response.ts';
import { secondaryKey } from './vary.ts';

export type Reuse<T extends ResponseHead> =
  | { action: 'serve'; stored: T; ttlSeconds: number; stale?: 'stale-while-revalidate' }
  | { action: 'revalidate'; stored: T; fwd: ForwardReason; reason: string }
  | { action: 'fetch'; fwd: ForwardReason; reason: string };

/** `candidates` are the responses stored for the request's URL, newest first. */
export function decideReuse<T extends ResponseHead>(
  requestFields: Fields,
  candidates: readonly T[],
  nowMs: number,
): Reuse<T> {
  if (candidates.length === 0) return { action: 'fetch', fwd: 'uri-miss', reason: 'not-stored' };
  const stored = candidates.find(
    (candidate) => candidate.secondaryKey === secondaryKey(candidate.varyNames, requestFields),
  );
  if (!stored) {
    const names = [...new Set(candidates.flatMap((candidate) => candidate.varyNames))].join(' ');
    return { action: 'fetch', fwd: 'vary-miss', reason: `no variant for this ${names}` };
  }
  const request = parseCacheControl(fieldValue(requestFields, 'cache-control'));
  const demand = clientDemand(request, requestFields, stored, nowMs);
  if (demand) return { action: 'revalidate', stored, fwd: 'request', reason: demand };
  if (hasDirective(stored.cacheControl, 'no-cache')) {
    return { action: 'revalidate', stored, fwd: 'stale', reason: 'no-cache' };
  }
  const ttl = ttlSeconds(stored, nowMs);
  if (ttl > 0) return { action: 'serve', stored, ttlSeconds: ttl };
  if (mayServeStale(stored, 'stale-while-revalidate', nowMs)) {
    return { action: 'serve', stored, ttlSeconds: ttl, stale: 'stale-while-revalidate' };
  }
  return { action: 'revalidate', stored, fwd: 'stale', reason: 'expired' };
}

/** May this response be served stale for this cause now (RFC 9111 section 4.2.4, RFC 5861)? */
export function mayServeStale(
  stored: ResponseHead,
  cause: 'stale-while-revalidate' | 'stale-if-error',
  nowMs: number,
): boolean {
  const allowance = staleAllowanceSeconds(stored.cacheControl, cause);
  return allowance > 0 && currentAgeSeconds(stored, nowMs) < stored.lifetimeSeconds + allowance;
}

export function wantsOnlyCached(requestFields: Fields): boolean {
  return hasDirective(parseCacheControl(fieldValue(requestFields, 'cache-control')), 'only-if-cached');
}

/** The client's own wish for something fresher than what is stored (RFC 9111 section 5.2.1); max-stale is not granted. */
function clientDemand(
  request: CacheControl,
  requestFields: Fields,
  stored: ResponseHead,
  nowMs: number,
): string | undefined {
  if (hasDirective(request, 'no-cache')) return 'request-no-cache';
  const pragma = fieldValue(requestFields, 'pragma');
  if (request.directives.size === 0 && pragma && /\bno-cache\b/i.test(pragma)) return 'request-pragma';
  const age = currentAgeSeconds(stored, nowMs);
  const maxAge = directiveSeconds(request, 'max-age');
  if (maxAge !== undefined && age > maxAge) return 'request-max-age';
  const minFresh = directiveSeconds(request, 'min-fresh');
  if (minFresh !== undefined && stored.lifetimeSeconds - age < minFresh) return 'request-min-fresh';
  return undefined;
}
