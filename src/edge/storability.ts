// May this response be stored by a shared cache (RFC 9111 section 3)? Every answer carries its reason, which ends up
// in Cache-Status. Stricter than the RFC in one point: unless the route says otherwise a response with Set-Cookie is
// not stored, whatever its Cache-Control says, because a cookie handed to the wrong user cannot be taken back.

import { type CacheControl, coveredFields, hasDirective, parseCacheControl } from './cache-control.ts';
import { type Fields, fieldValue, hasField } from './fields.ts';
import { withheldNames } from './fields-withheld.ts';
import { freshnessLifetime } from './freshness.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';
import { staleAllowanceSeconds } from './freshness-stale.ts';
import { allowsHeuristic } from './heuristic.ts';
import { statusSeconds } from './negative.ts';
import { responseCacheControl } from './targeted-control.ts';
import { parseVary } from './vary.ts';

export type Storability = { store: true } | { store: false; reason: NotStoredReason };

export type NotStoredReason =
  | 'method'
  | 'status'
  | 'partial'
  | 'no-ranges'
  | 'request-no-store'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary-star'
  | 'no-freshness'
  | 'too-large'
  | 'invalidated';

/** Statuses whose caching requirements this cache implements: what must-understand asks (section 5.2.2.3). */
const UNDERSTOOD = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421, 451, 500, 501, 502,
  503, 504,
]);

/**
 * Never stored. 304, 412 and 416 answer one request's conditions; 407 and 511 are between a client and a proxy or
 * network; 428, 429, 431 and 511 say so themselves (RFC 6585 sections 3 to 6).
 */
const FOR_ONE_REQUEST = new Set([304, 407, 412, 416, 428, 429, 431, 511]);

export function storability(
  method: string,
  requestFields: Fields,
  status: number,
  responseFields: Fields,
  responseTimeMs: number,
  rules: CachingRules = NO_RULES,
): Storability {
  const response = responseCacheControl(responseFields, rules.targets);
  const request = parseCacheControl(fieldValue(requestFields, 'cache-control'));
  const mustUnderstand = hasDirective(response, 'must-understand');
  const forbidden: [boolean, NotStoredReason][] = [
    [method !== 'GET', 'method'],
    [status === 206, 'partial'],
    [status < 200 || status > 599 || FOR_ONE_REQUEST.has(status), 'status'],
    [mustUnderstand && !UNDERSTOOD.has(status), 'status'],
    [hasDirective(request, 'no-store'), 'request-no-store'],
    // must-understand replaces no-store where the status is understood (section 5.2.2.3).
    [hasDirective(response, 'no-store') && !mustUnderstand, 'no-store'],
    [coveredFields(response, 'private') === 'everything', 'private'],
    [hasField(requestFields, 'authorization') && !sharedDespiteAuthorization(response), 'authorization'],
    [hasField(responseFields, 'set-cookie') && !mayKeepCookies(response, rules), 'set-cookie'],
    [parseVary(fieldValue(responseFields, 'vary')).any, 'vary-star'],
    [!worthKeeping(status, responseFields, response, responseTimeMs, rules), 'no-freshness'],
  ];
  const reason = forbidden.find(([applies]) => applies)?.[1];
  return reason === undefined ? { store: true } : { store: false, reason };
}

/** Section 3.5. */
function sharedDespiteAuthorization(response: CacheControl): boolean {
  return ['public', 's-maxage', 'must-revalidate'].some((name) => hasDirective(response, name));
}

function mayKeepCookies(response: CacheControl, rules: CachingRules): boolean {
  return rules.storeSetCookie === true || withheldNames(response, rules).has('set-cookie');
}

/** Fresh for a while, servable stale for a while, or at least revalidated cheaper than fetched. */
function worthKeeping(
  status: number,
  fields: Fields,
  response: CacheControl,
  responseTimeMs: number,
  rules: CachingRules,
): boolean {
  if (!allowsHeuristic(status, response) && !saysItself(status, fields, response, rules)) return false;
  return (
    freshnessLifetime(fields, response, responseTimeMs, status, rules).seconds > 0 ||
    staleAllowanceSeconds(response, 'stale-while-revalidate', rules) > 0 ||
    staleAllowanceSeconds(response, 'stale-if-error', rules) > 0 ||
    hasField(fields, 'etag') ||
    hasField(fields, 'last-modified')
  );
}

/** One of the conditions at the end of section 3, or the route's own word for this status. */
function saysItself(status: number, fields: Fields, response: CacheControl, rules: CachingRules): boolean {
  return (
    hasDirective(response, 'max-age') ||
    hasDirective(response, 's-maxage') ||
    (response.field === undefined && hasField(fields, 'expires')) ||
    statusSeconds(status, rules) !== undefined
  );
}
