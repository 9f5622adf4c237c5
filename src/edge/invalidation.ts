// Invalidation by unsafe requests (RFC 9111 section 4.4): what a POST may have changed must be asked for again. The
// target URI, and what Location and Content-Location name, but only on the same origin: else one site could empty the
// cache of another.

import { type Fields, fieldValue } from './fields.ts';

/** RFC 9110 section 9.2.1 and the IANA registry; a method that nobody knows is not known to be safe. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY', 'PRI']);

export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}

export interface Invalidation {
  /** Path and query. */
  target: string;
  because: 'target' | 'location' | 'content-location';
}

/** What to drop after a response to a request for `authority` and `pathAndQuery`; nothing after an error or a safe method. */
export function invalidations(
  request: { method: string; authority: string; pathAndQuery: string },
  status: number,
  responseFields: Fields,
): Invalidation[] {
  // A non-error status is 2xx or 3xx.
  if (isSafeMethod(request.method) || status < 200 || status > 399) return [];
  const found: Invalidation[] = [{ target: request.pathAndQuery, because: 'target' }];
  const base = URL.parse(`http://${request.authority}${request.pathAndQuery}`);
  if (!base) return found;
  for (const because of ['location', 'content-location'] as const) {
    const reference = fieldValue(responseFields, because);
    const url = reference === undefined ? null : URL.parse(reference, base.href);
    if (!url || url.origin !== base.origin) continue;
    const target = `${url.pathname}${url.search}`;
    if (found.every((other) => other.target !== target)) found.push({ target, because });
  }
  return found;
}
