// How long a stored response may be used without asking the origin, and how old it is (RFC 9111 section 4.2), for a
// shared cache: s-maxage before max-age before Expires. No heuristic: without explicit freshness the lifetime is 0,
// because a CDN that guesses is a CDN that has to be purged.

import { type CacheControl, directiveSeconds, hasDirective } from './cache-control.ts';
import { type Fields, fieldValue } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

export type LifetimeSource = 's-maxage' | 'max-age' | 'expires' | 'none';

export interface Lifetime {
  seconds: number;
  /** The rule that gave it. */
  from: LifetimeSource;
}

/** Freshness lifetime of a response received at `responseTimeMs` (section 4.2.1). */
export function freshnessLifetime(
  fields: Fields,
  cacheControl: CacheControl,
  responseTimeMs: number,
): Lifetime {
  const shared = directiveSeconds(cacheControl, 's-maxage');
  if (shared !== undefined) return { seconds: shared, from: 's-maxage' };
  const maxAge = directiveSeconds(cacheControl, 'max-age');
  if (maxAge !== undefined) return { seconds: maxAge, from: 'max-age' };
  const expires = fieldValue(fields, 'expires');
  if (expires === undefined) return { seconds: 0, from: 'none' };
  const expiresMs = parseHttpDate(expires, responseTimeMs);
  const dateMs = parseHttpDate(fieldValue(fields, 'date') ?? '', responseTimeMs) ?? responseTimeMs;
  const seconds = expiresMs === undefined ? 0 : Math.max(0, Math.floor((expiresMs - dateMs) / 1000));
  return { seconds, from: 'expires' };
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

/** Age is one number; of a list the first counts, and anything else is ignored (section 5.1). */
function parseAge(text: string | undefined): number {
  const first = (text ?? '').split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Number(first) : 0;
}

export interface Ageing {
  initialAgeSeconds: number;
  responseTimeMs: number;
  lifetimeSeconds: number;
}

/** current_age of section 4.2.3, in seconds, not rounded. */
export function currentAgeSeconds(stored: Ageing, nowMs: number): number {
  return stored.initialAgeSeconds + Math.max(0, nowMs - stored.responseTimeMs) / 1000;
}

/** Lifetime minus age in whole seconds, rounded up: the `ttl` of Cache-Status. 0 or less means stale. */
export function ttlSeconds(stored: Ageing, nowMs: number): number {
  // The sum turns -0 into 0.
  return Math.ceil(stored.lifetimeSeconds - currentAgeSeconds(stored, nowMs)) + 0;
}

export function isFresh(stored: Ageing, nowMs: number): boolean {
  return stored.lifetimeSeconds > currentAgeSeconds(stored, nowMs);
}

/** Seconds past its lifetime for which a stale response may be served for this cause (RFC 5861); 0 where forbidden. */
export function staleAllowanceSeconds(
  cacheControl: CacheControl,
  cause: 'stale-while-revalidate' | 'stale-if-error',
): number {
  // s-maxage brings proxy-revalidate with it (RFC 9111 section 5.2.2.10): the usual reason why SWR "does not work".
  const forbidden = ['must-revalidate', 'proxy-revalidate', 's-maxage', 'no-cache'].some((name) =>
    hasDirective(cacheControl, name),
  );
  return forbidden ? 0 : (directiveSeconds(cacheControl, cause) ?? 0);
}
