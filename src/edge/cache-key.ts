// The primary cache key (RFC 9111 section 2): exactly what goes upstream and chooses the response there. Unless the
// client's Host is forwarded, all names of a site share their objects, and a forged Host can poison nothing because
// neither the key nor the origin sees it. A key is a URL, then, after a space that no URL has, what else a route keys by:
// `http://origin/a?v=1 [["accept-language","en"],["device","mobile"]]`. So a URL's keys are found by their beginning.

import { type Fields, fieldValue } from './fields.ts';
import { type CanonicalQuery, compileQuery } from './policy/canonical-query.ts';
import { deviceClass } from './policy/device-class.ts';
import { normalPath } from './policy/normal-path.ts';
import { cookieValues, requestCookies } from './policy/request-cookies.ts';
import type { RoutePolicy } from './policy/route-policy.ts';
import { isNormalised, normalisedValue } from './policy/variant.ts';

/**
 * Key of a GET (HEAD looks up the same). `authority` is what the origin is asked for: its own name, or the client's
 * Host where that is forwarded. The path and query are compared byte for byte.
 */
export function cacheKey(authority: string, pathAndQuery: string): string {
  return `http://${normaliseAuthority(authority)}${pathAndQuery}`;
}

/** Lower case, without the default port (RFC 3986 section 6.2). */
export function normaliseAuthority(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80)?$/, '');
}

export interface KeyedRequest {
  /** As the client named it. */
  authority: string;
  pathAndQuery: string;
  fields: Fields;
}

/** Where requests go: `forwardHost` sends the client's Host, else the origin gets `originHost`. */
export interface KeySite {
  originHost: string;
  forwardHost: boolean;
}

export interface RequestKey {
  key: string;
  /** What the origin is asked for, of which the key is made: nothing else of the URL may reach it. */
  pathAndQuery: string;
  /** Host that the origin is sent. */
  host: string;
}

/** The key of a request under a route's policy. */
export function requestKey(route: RoutePolicy, request: KeyedRequest, site: KeySite): RequestKey {
  const pathAndQuery = keyedTarget(route, request.pathAndQuery);
  const sent = route.key.host === false || !site.forwardHost ? site.originHost : request.authority;
  const named = route.key.host === true ? request.authority : sent;
  const url = `http://${memoisedAuthority(named)}${pathAndQuery}`;
  const extra = keyedExtras(route, request.fields);
  return { key: extra === '' ? url : `${url} ${extra}`, pathAndQuery, host: sent };
}

/** The URL that a key begins with: purging a URL means all keys of it. */
export function urlOfKey(key: string): string {
  const space = key.indexOf(' ');
  return space < 0 ? key : key.slice(0, space);
}

interface TargetPlan {
  normalise: boolean;
  lowerCase: boolean;
  query: CanonicalQuery | undefined;
}

const plans = new WeakMap<RoutePolicy, TargetPlan>();

/** Path and query as the route keys them. The `?` of an emptied query goes too. */
export function keyedTarget(route: RoutePolicy, pathAndQuery: string): string {
  let plan = plans.get(route);
  if (!plan) {
    const { path, query } = route.key;
    plan = { ...path, query: compileQuery(query, path.normalise) };
    plans.set(route, plan);
  }
  if (!plan.normalise && !plan.lowerCase && plan.query === undefined) return pathAndQuery;
  const at = pathAndQuery.indexOf('?');
  let path = at < 0 ? pathAndQuery : pathAndQuery.slice(0, at);
  if (plan.normalise) path = normalPath(path);
  if (plan.lowerCase) path = lowerCasePath(path);
  if (at < 0) return path;
  const query = pathAndQuery.slice(at + 1);
  const kept = plan.query ? plan.query(query) : query;
  return kept === '' ? path : `${path}?${kept}`;
}

/** The digits of percent-encodings stay in upper case, their normal form. */
function lowerCasePath(path: string): string {
  return path.toLowerCase().replace(/%[0-9a-f]{2}/g, (encoded) => encoded.toUpperCase());
}

/** JSON, since no two different lists have the same text; absent values are null. */
function keyedExtras(route: RoutePolicy, fields: Fields): string {
  const { headers, cookies, device } = route.key;
  if (headers.length === 0 && cookies.length === 0 && !device) return '';
  const parts: [string, unknown][] = [];
  for (const name of headers) {
    const value = isNormalised(route, name)
      ? normalisedValue(route, name, fields)
      : fieldValue(fields, name)?.trim();
    parts.push([name, value ?? null]);
  }
  if (cookies.length > 0) {
    const sent = requestCookies(fields);
    for (const name of cookies) parts.push([`cookie:${name}`, cookieValues(sent, name) ?? null]);
  }
  if (device) parts.push(['device', deviceClass(fieldValue(fields, 'user-agent'))]);
  return JSON.stringify(parts);
}

/** An edge has few names, and the same text comes with every request. */
const MAX_MEMOISED = 256;
const memo = new Map<string, string>();

function memoisedAuthority(authority: string): string {
  const known = memo.get(authority);
  if (known !== undefined) return known;
  const normal = normaliseAuthority(authority);
  // Clients choose their Host: the memo is emptied rather than grown.
  if (memo.size >= MAX_MEMOISED) memo.clear();
  memo.set(authority, normal);
  return normal;
}
