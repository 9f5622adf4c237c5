// The fields of a cacheable request as the origin sees them: what the key and Vary compare stays or is normalised, what
// could change the answer behind the key's back goes (poisoning.ts). For requests that are passed on, only lies go.

import type { Fields } from '../fields.ts';
import { fieldValue } from '../fields.ts';
import { isMethodOverride, isRoutingLie } from '../poisoning.ts';
import { deviceClass } from './device-class.ts';
import { cookieField, requestCookies } from './request-cookies.ts';
import type { RoutePolicy } from './route-policy.ts';
import { isNormalised, normalisedValue } from './variant.ts';

/** The class of the client where the key has it (device-class.ts). */
export const DEVICE_FIELD = 'X-Device-Class';

/** Fields of a request whose answer may be stored. */
export function cacheableView(route: RoutePolicy, fields: Fields): string[] {
  const { key, vary, strip } = route;
  const filtersCookies = strip.requestCookies || key.cookies.length > 0;
  const view: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const keyed = key.headers.includes(name);
    const mayPass =
      (keyed || (!isRoutingLie(name) && !isMethodOverride(name) && !vary.ignore.includes(name))) &&
      !(name === 'cookie' && (filtersCookies || strip.unkeyedHeaders)) &&
      !(name === 'user-agent' && key.device && !keyed) &&
      name !== 'x-device-class' &&
      !isNormalised(route, name) &&
      (!strip.unkeyedHeaders || keyed || NEEDED.has(name));
    if (mayPass) view.push(fields[i] as string, fields[i + 1] as string);
  }
  for (const [name, canonical] of NORMALISED) {
    if (!isNormalised(route, name)) continue;
    const value = normalisedValue(route, name, fields);
    if (value !== undefined) view.push(canonical, value);
  }
  if (filtersCookies) {
    const value = cookieField(requestCookies(fields), key.cookies);
    if (value !== undefined) view.push('Cookie', value);
  }
  if (key.device) view.push(DEVICE_FIELD, deviceClass(fieldValue(fields, 'user-agent')));
  return view;
}

/** Fields of a request that goes past the cache: all but what lies about where it came from or where it goes. */
export function passedView(route: RoutePolicy, fields: Fields, method: string): string[] {
  const view: string[] = [];
  const safe = method === 'GET' || method === 'HEAD';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const dropped = name === 'x-device-class' || isRoutingLie(name) || (safe && isMethodOverride(name));
    if (!dropped || route.key.headers.includes(name)) view.push(fields[i] as string, fields[i + 1] as string);
  }
  if (route.key.device) view.push(DEVICE_FIELD, deviceClass(fieldValue(fields, 'user-agent')));
  return view;
}

const NORMALISED = [
  ['accept-encoding', 'Accept-Encoding'],
  ['accept-language', 'Accept-Language'],
] as const;

/** Not for the origin to choose by, but for the way there and the caches on it; Authorization has rules of its own (RFC 9111 section 3.5). */
const NEEDED = new Set([
  'host',
  'via',
  'cdn-loop',
  'connection',
  'authorization',
  'cache-control',
  'pragma',
  'x-forwarded-for',
]);
