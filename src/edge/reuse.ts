// The decision at the heart of the cache (RFC 9111 section 4): given what is stored for a URL and a request, serve
// it, ask the origin whether it still holds, or fetch anew. Pure; used for stored responses and, by those who wait
// for somebody else's fetch, for the response that just arrived.

import {
  type CacheControl,
  coveredFields,
  directiveSeconds,
  hasDirective,
  parseCacheControl,
} from './cache-control.ts';
import type { ForwardReason } from './cache-status.ts';
import { type Fields, fieldValue } from './fields.ts';
import { currentAgeSeconds, isFresh, stalenessSeconds, ttlSeconds } from './freshness.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';
import { type StaleCause, staleAllowance, staleForbiddenBy } from './freshness-stale.ts';
import type { ResponseHead } from './stored-response.ts';
import { secondaryKey } from './vary.ts';

export type Reuse<T extends ResponseHead> =
  | {
      action: 'serve';
      stored: T;
      ttlSeconds: number;
      /** Why it may be served past its lifetime. */
      stale?: 'stale-while-revalidate' | 'max-stale';
      /** What Cache-Status had better say: `stale-while-revalidate`, `heuristic`; undefined for a plain hit. */
      detail?: string;
    }
  | { action: 'revalidate'; stored: T; fwd: ForwardReason; reason: string }
  | { action: 'fetch'; fwd: ForwardReason; reason: string };

/** `candidates` are the responses stored for the request's URL, newest first. */
export function decideReuse<T extends ResponseHead>(
  requestFields: Fields,
  candidates: readonly T[],
  nowMs: number,
  rules: CachingRules = NO_RULES,
): Reuse<T> {
  if (candidates.length === 0) return { action: 'fetch', fwd: 'uri-miss', reason: 'not-stored' };
  const stored = candidates.find(
    (candidate) => candidate.secondaryKey === secondaryKey(candidate.varyNames, requestFields),
  );
  if (!stored) {
    const names = [...new Set(candidates.flatMap((candidate) => candidate.varyNames))].join(' ');
    return { action: 'fetch', fwd: 'vary-miss', reason: `no variant for this ${names}` };
  }
  // Never among what is stored; but a 304 that just came may have said it, and others waited for that.
  const forOne = forOneOnly(stored.cacheControl);
  if (forOne) return { action: 'revalidate', stored, fwd: 'stale', reason: forOne };
  const request = parseCacheControl(fieldValue(requestFields, 'cache-control'));
  const demand = clientDemand(request, requestFields, stored, nowMs);
  // Of what was pushed nobody has anything fresher.
  if (demand && !(stored.lifetimeFrom === 'pushed' && isFresh(stored, nowMs)))
    return { action: 'revalidate', stored, fwd: 'request', reason: demand };
  if (coveredFields(stored.cacheControl, 'no-cache') === 'everything') {
    return { action: 'revalidate', stored, fwd: 'stale', reason: 'no-cache' };
  }
  const ttl = ttlSeconds(stored, nowMs);
  if (ttl > 0) {
    const detail = stored.lifetimeFrom === 'heuristic' ? 'heuristic' : undefined;
    return { action: 'serve', stored, ttlSeconds: ttl, detail };
  }
  const stale = permittedStale(request, stored, nowMs, rules);
  if (stale) return { action: 'serve', stored, ttlSeconds: ttl, stale, detail: stale };
  return { action: 'revalidate', stored, fwd: 'stale', reason: expiry(stored, rules) };
}

/** May this response be served stale for this cause now (RFC 9111 section 4.2.4, RFC 5861)? */
export function mayServeStale(
  stored: ResponseHead,
  cause: Exclude<StaleCause, 'max-stale'>,
  nowMs: number,
  rules: CachingRules = NO_RULES,
  /** The request's own stale-if-error counts too (RFC 5861 section 4). */
  requestFields: Fields = [],
): boolean {
  const { seconds, reason } = staleAllowance(stored.cacheControl, cause, rules);
  let allowance = seconds;
  if (
    cause !== 'stale-while-revalidate' &&
    (reason === 'nobody' || reason === 'response' || reason === 'route')
  ) {
    const request = parseCacheControl(fieldValue(requestFields, 'cache-control'));
    allowance = Math.max(allowance, directiveSeconds(request, 'stale-if-error') ?? 0);
  }
  return allowance > 0 && stalenessSeconds(stored, nowMs) < allowance;
}

/**
 * May this response stand in for a failed trip to the origin? Returns the word for Cache-Status. `reached` tells whether
 * the origin answered (with a status that isServerTrouble) or could not be reached at all.
 */
export function staleInsteadOfError(
  stored: ResponseHead,
  reached: boolean,
  nowMs: number,
  rules: CachingRules = NO_RULES,
  requestFields: Fields = [],
): 'stale-if-error' | 'offline' | undefined {
  if (mayServeStale(stored, 'stale-if-error', nowMs, rules, requestFields)) return 'stale-if-error';
  return !reached && mayServeStale(stored, 'offline', nowMs, rules) ? 'offline' : undefined;
}

export function wantsOnlyCached(requestFields: Fields): boolean {
  return hasDirective(parseCacheControl(fieldValue(requestFields, 'cache-control')), 'only-if-cached');
}

function forOneOnly(response: CacheControl): 'no-store' | 'private' | undefined {
  if (hasDirective(response, 'no-store') && !hasDirective(response, 'must-understand')) return 'no-store';
  return coveredFields(response, 'private') === 'everything' ? 'private' : undefined;
}

/** The client's own wish for something fresher than what is stored (RFC 9111 section 5.2.1). */
function clientDemand(
  request: CacheControl,
  requestFields: Fields,
  stored: ResponseHead,
  nowMs: number,
): string | undefined {
  if (hasDirective(request, 'no-cache')) return 'request-no-cache';
  if (request.directives.size === 0) {
    // Pragma is heard only where there is no Cache-Control (section 5.4).
    const pragma = fieldValue(requestFields, 'pragma');
    return pragma !== undefined && /\bno-cache\b/i.test(pragma) ? 'request-pragma' : undefined;
  }
  const age = currentAgeSeconds(stored, nowMs);
  const left = -stalenessSeconds(stored, nowMs);
  const maxAge = directiveSeconds(request, 'max-age');
  // A reload sends max-age=0; for what never changes while it is fresh it need not reach the origin (RFC 8246 section 2).
  const changesNever = hasDirective(stored.cacheControl, 'immutable') && left > 0;
  if (maxAge !== undefined && age > maxAge && !changesNever) return 'request-max-age';
  const minFresh = directiveSeconds(request, 'min-fresh');
  if (minFresh !== undefined && left < minFresh) return 'request-min-fresh';
  return undefined;
}

function permittedStale(
  request: CacheControl,
  stored: ResponseHead,
  nowMs: number,
  rules: CachingRules,
): 'stale-while-revalidate' | 'max-stale' | undefined {
  if (mayServeStale(stored, 'stale-while-revalidate', nowMs, rules)) return 'stale-while-revalidate';
  const maxStale = request.directives.get('max-stale');
  if (maxStale === undefined || rules.stale?.clientMaxStale === false) return undefined;
  if (staleForbiddenBy(stored.cacheControl)) return undefined;
  // Without a value any staleness will do (section 5.2.1.2).
  const limit = maxStale === null ? Number.POSITIVE_INFINITY : (directiveSeconds(request, 'max-stale') ?? 0);
  return stalenessSeconds(stored, nowMs) <= limit ? 'max-stale' : undefined;
}

/** `expired`, or what kept a stale-while-revalidate that was sent from having an effect. */
function expiry(stored: ResponseHead, rules: CachingRules): string {
  const wanted =
    hasDirective(stored.cacheControl, 'stale-while-revalidate') || rules.stale?.whileRevalidate !== undefined;
  const forbidden = wanted && !rules.stale?.override ? staleForbiddenBy(stored.cacheControl) : undefined;
  return forbidden ? `expired, ${forbidden} forbids stale` : 'expired';
}
