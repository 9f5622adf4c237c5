// Request fields as a route normalises them, so that hundreds of browsers share a few variants (RFC 9111 section 4.1). The
// origin is sent the normalised value (origin-view.ts), and Vary compares what the origin was sent: what two clients share,
// the origin cannot have told apart.

import { type Fields, fieldValue } from '../fields.ts';
import { canonicalAcceptEncoding } from './accept-encoding.ts';
import { bestLanguage } from './accept-language.ts';
import type { RoutePolicy } from './route-policy.ts';

export function isNormalised({ vary, compress }: RoutePolicy, name: string): boolean {
  if (name === 'accept-encoding') return vary.normalise.acceptEncoding || compress !== undefined;
  return name === 'accept-language' && vary.normalise.acceptLanguage !== undefined;
}

/** What the origin is sent in this field, and what keys compare; undefined: the field is absent. */
export function normalisedValue(route: RoutePolicy, name: string, requestFields: Fields): string | undefined {
  const value = fieldValue(requestFields, name);
  if (!isNormalised(route, name)) return value;
  // Where the edge compresses, the origin is asked for identity by everybody.
  if (name === 'accept-encoding') return route.compress ? 'identity' : canonicalAcceptEncoding(value);
  return bestLanguage(value, route.vary.normalise.acceptLanguage ?? []);
}
