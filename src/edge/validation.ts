// Validators (RFC 9110 section 13, RFC 9111 section 4.3): asking the origin whether a stored response still holds,
// taking over what its 304 says, and answering the client's own conditions from the cache.

import { endToEndFields, type Fields, fieldValue, withoutFields } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** Fields of a conditional request for a stored response; empty when it has no validator. */
export function conditionalFields(stored: Fields): string[] {
  const etag = fieldValue(stored, 'etag');
  const lastModified = fieldValue(stored, 'last-modified');
  return [
    ...(etag === undefined ? [] : ['If-None-Match', etag]),
    ...(lastModified === undefined ? [] : ['If-Modified-Since', lastModified]),
  ];
}

/** A 304 with another strong validator than the stored one speaks of another response (RFC 9111 section 4.3.4). */
export function notModifiedMatches(stored: Fields, notModified: Fields): boolean {
  const fresh = fieldValue(notModified, 'etag');
  const old = fieldValue(stored, 'etag');
  if (fresh === undefined || old === undefined) return true;
  return fresh.startsWith('W/') ? opaque(fresh) === opaque(old) : fresh === old;
}

/** Stored fields after a 304: its fields replace theirs, but for what describes the stored body (section 3.2). */
export function updateStoredFields(stored: Fields, notModified: Fields): string[] {
  const news = withoutFields(endToEndFields(notModified), DESCRIBES_THE_BODY);
  const replaced = new Set<string>();
  for (let i = 0; i < news.length; i += 2) replaced.add((news[i] as string).toLowerCase());
  // The age of the old response must not survive the 304 that has none.
  replaced.add('age');
  return [...withoutFields(stored, replaced), ...news];
}

const DESCRIBES_THE_BODY = new Set(['content-length', 'content-encoding', 'content-range']);

/** Does the client already hold this response? If-None-Match first, else If-Modified-Since (RFC 9110 section 13.2.2). */
export function clientHasIt(requestFields: Fields, responseFields: Fields, nowMs: number): boolean {
  const ifNoneMatch = fieldValue(requestFields, 'if-none-match');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true;
    const etag = fieldValue(responseFields, 'etag');
    return etag !== undefined && parseEntityTags(ifNoneMatch).some((tag) => opaque(tag) === opaque(etag));
  }
  const since = parseHttpDate(fieldValue(requestFields, 'if-modified-since') ?? '', nowMs);
  const modified = parseHttpDate(fieldValue(responseFields, 'last-modified') ?? '', nowMs);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** Fields of a 304 made from a stored 200: without what describes the body (RFC 9110 section 15.4.5). */
export function notModifiedFields(fields: Fields): string[] {
  const dropped = new Set(['content-length', 'content-type', 'content-encoding', 'content-language']);
  if (fieldValue(fields, 'etag') !== undefined) dropped.add('last-modified');
  return withoutFields(fields, dropped);
}

/** Entity tags of a list; a comma may stand inside the quotes. */
export function parseEntityTags(text: string): string[] {
  return text.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** Weak comparison looks at this part only (RFC 9110 section 8.8.3.2). */
function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}
