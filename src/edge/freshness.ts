// How long a stored response may be used without asking the origin, and how old it is (RFC 9111 section 4.2), for a
// shared cache: s-maxage before max-age before Expires, then what the route says, then a guess (heuristic.ts).

import { type CacheControl, directiveSeconds, MAX_DELTA_SECONDS } from './cache-control.ts';
import { type Fields, fieldValue } from './fields.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';
import { allowsHeuristic, heuristicSeconds } from './heuristic.ts';
import { parseHttpDate } from './http-date.ts';
import { statusSeconds } from './negative.ts';

export { staleAllowanceSeconds } from './freshness-stale.ts';

export type LifetimeSource =
  | 's-maxage'
  | 'max-age'
  | 'expires'
  /** The route's word for this status, or for anything that says nothing. */
  | 'route-status'
  | 'route-default'
  | 'heuristic'
  /** An operator's push: this edge is the origin. */
  | 'pushed'
  | 'none';

export interface Lifetime {
  seconds: number;
  /** The rule that gave it. */
  from: LifetimeSource;
  /** The route's bound that changed it. */
  bounded?: 'min' | 'max';
}

/** Freshness lifetime of a response received at `responseTimeMs` (section 4.2.1). */
export function freshnessLifetime(
  fields: Fields,
  cacheControl: CacheControl,
  responseTimeMs: number,
  status = 200,
  rules: CachingRules = NO_RULES,
): Lifetime {
  const said = explicitLifetime(fields, cacheControl, responseTimeMs);
  if (said) return withinBounds(said, rules);
  const byStatus = statusSeconds(status, rules);
  if (byStatus !== undefined) return { seconds: byStatus, from: 'route-status' };
  if (allowsHeuristic(status, cacheControl)) {
    if (rules.ttl?.default !== undefined) return { seconds: rules.ttl.default, from: 'route-default' };
    const guess = rules.ttl?.heuristic === false ? 0 : heuristicSeconds(fields, responseTimeMs);
    if (guess > 0) return withinBounds({ seconds: guess, from: 'heuristic' }, rules);
  }
  return { seconds: 0, from: 'none' };
}

function explicitLifetime(
  fields: Fields,
  cacheControl: CacheControl,
  responseTimeMs: number,
): Lifetime | undefined {
  const shared = directiveSeconds(cacheControl, 's-maxage');
  if (shared !== undefined) return { seconds: shared, from: 's-maxage' };
  const maxAge = directiveSeconds(cacheControl, 'max-age');
  if (maxAge !== undefined) return { seconds: maxAge, from: 'max-age' };
  // A targeted field silences Expires as well (RFC 9213 section 2.2).
  const expires = cacheControl.field === undefined ? fieldValue(fields, 'expires') : undefined;
  if (expires === undefined) return undefined;
  // What is no date is in the past, two of them too (section 5.3).
  const expiresMs = parseHttpDate(expires, responseTimeMs);
  const dateMs = parseHttpDate(fieldValue(fields, 'date') ?? '', responseTimeMs) ?? responseTimeMs;
  const seconds = expiresMs === undefined ? 0 : Math.max(0, Math.floor((expiresMs - dateMs) / 1000));
  return { seconds, from: 'expires' };
}

function withinBounds(lifetime: Lifetime, { ttl }: CachingRules): Lifetime {
  if (ttl?.min !== undefined && lifetime.seconds < ttl.min)
    return { ...lifetime, seconds: ttl.min, bounded: 'min' };
  if (ttl?.max !== undefined && lifetime.seconds > ttl.max)
    return { ...lifetime, seconds: ttl.max, bounded: 'max' };
  return lifetime;
}

/** corrected_initial_age of section 4.2.3, in seconds: what the response had aged when it arrived. */
export function initialAgeSeconds(fields: Fields, requestTimeMs: number, responseTimeMs: number): number {
  const dateMs = parseHttpDate(fieldValue(fields, 'date') ?? '', responseTimeMs);
  // Date has whole seconds, so the clock is cut to whole seconds too, or every response would seem to be older.
  const apparent =
    dateMs === undefined ? 0 : Math.max(0, Math.floor(responseTimeMs / 1000) - Math.floor(dateMs / 1000));
  const delay = Math.max(0, responseTimeMs - requestTimeMs) / 1000;
  return Math.max(apparent, parseAge(fieldValue(fields, 'age')) + delay);
}

/**
 * Seconds of a received Age (section 5.1): of a list the first member counts, whoever wrote the others; what is no
 * non-negative integer (a sign, a fraction, a parameter) is ignored; more than 2^31 is 2^31 (section 1.2.2).
 */
export function parseAge(text: string | undefined): number {
  const first = (text ?? '').split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Math.min(Number(first), MAX_DELTA_SECONDS) : 0;
}

export interface Ageing {
  initialAgeSeconds: number;
  responseTimeMs: number;
  lifetimeSeconds: number;
  /** Set by a soft purge, milliseconds since the epoch: stale from then on, whatever its lifetime says. */
  purgedSoftAtMs?: number;
}

/** current_age of section 4.2.3, in seconds, not rounded. */
export function currentAgeSeconds(stored: Ageing, nowMs: number): number {
  return stored.initialAgeSeconds + Math.max(0, nowMs - stored.responseTimeMs) / 1000;
}

/** Seconds since its lifetime ended, or since a soft purge ended it; negative while it is fresh. */
export function stalenessSeconds(stored: Ageing, nowMs: number): number {
  const pastLifetime = currentAgeSeconds(stored, nowMs) - stored.lifetimeSeconds;
  const { purgedSoftAtMs } = stored;
  return purgedSoftAtMs === undefined
    ? pastLifetime
    : Math.max(pastLifetime, (nowMs - purgedSoftAtMs) / 1000);
}

/** What is left of its lifetime in whole seconds, rounded up: the `ttl` of Cache-Status. 0 or less means stale. */
export function ttlSeconds(stored: Ageing, nowMs: number): number {
  // The sum turns -0 into 0.
  return Math.ceil(-stalenessSeconds(stored, nowMs)) + 0;
}

export function isFresh(stored: Ageing, nowMs: number): boolean {
  return stalenessSeconds(stored, nowMs) < 0;
}
