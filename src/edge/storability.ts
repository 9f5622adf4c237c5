// May this response be stored by a shared cache (RFC 9111 section 3)? Every answer carries its reason, which ends up
// in Cache-Status. Stricter than the RFC in one point: a response with Set-Cookie is never stored, whatever its
// Cache-Control says, because a cookie handed to the wrong user cannot be taken back.

import { type CacheControl, hasDirective, parseCacheControl } from './cache-control.ts';
import { type Fields, fieldValue, hasField } from './fields.ts';
import { freshnessLifetime, staleAllowanceSeconds } from './freshness.ts';
import { parseVary } from './vary.ts';

export type Storability = { store: true } | { store: false; reason: NotStoredReason };

export type NotStoredReason =
  | 'method'
  | 'status'
  | 'partial'
  | 'request-no-store'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary-star'
  | 'no-freshness'
  | 'too-large'
  | 'invalidated';

/** Final statuses this cache understands (section 3): others are passed on, never stored. */
const UNDERSTOOD = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 421, 451, 500, 501, 502, 503,
  504,
]);

export function storability(
  method: string,
  requestFields: Fields,
  status: number,
  responseFields: Fields,
  responseTimeMs: number,
): Storability {
  const response = parseCacheControl(fieldValue(responseFields, 'cache-control'));
  const request = parseCacheControl(fieldValue(requestFields, 'cache-control'));
  const forbidden: [boolean, NotStoredReason][] = [
    [method !== 'GET', 'method'],
    [status === 206, 'partial'],
    [!UNDERSTOOD.has(status), 'status'],
    [hasDirective(request, 'no-store'), 'request-no-store'],
    // must-understand replaces no-store where the status is understood, as it is here (section 5.2.2.3).
    [hasDirective(response, 'no-store') && !hasDirective(response, 'must-understand'), 'no-store'],
    // `private="field"` is read like `private`, which section 5.2.2.7 leaves to the cache.
    [hasDirective(response, 'private'), 'private'],
    [hasField(requestFields, 'authorization') && !sharedDespiteAuthorization(response), 'authorization'],
    [hasField(responseFields, 'set-cookie'), 'set-cookie'],
    [parseVary(fieldValue(responseFields, 'vary')).any, 'vary-star'],
    [!worthKeeping(responseFields, response, responseTimeMs), 'no-freshness'],
  ];
  const reason = forbidden.find(([applies]) => applies)?.[1];
  return reason === undefined ? { store: true } : { store: false, reason };
}

/** Section 3.5. */
function sharedDespiteAuthorization(response: CacheControl): boolean {
  return ['public', 's-maxage', 'must-revalidate'].some((name) => hasDirective(response, name));
}

/** Fresh for a while, servable stale for a while, or at least revalidated cheaper than fetched. */
function worthKeeping(fields: Fields, response: CacheControl, responseTimeMs: number): boolean {
  return (
    freshnessLifetime(fields, response, responseTimeMs).seconds > 0 ||
    staleAllowanceSeconds(response, 'stale-while-revalidate') > 0 ||
    staleAllowanceSeconds(response, 'stale-if-error') > 0 ||
    hasField(fields, 'etag') ||
    hasField(fields, 'last-modified')
  );
}
