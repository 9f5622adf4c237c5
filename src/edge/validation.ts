// Validators (RFC 9110 section 13, RFC 9111 section 4.3): asking the origin whether a stored response still holds,
// taking over what its 304 says, and answering the client's own conditions from the cache.

import { endToEndFields, type Fields, fieldValue, hasField, withoutFields } from './fields.ts';
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

/**
 * Does a 304 speak of the stored response (RFC 9111 section 4.3.4)? Another entity tag, or without tags another
 * Last-Modified, is the validator of another version: its fields must not go over this body.
 */
export function notModifiedMatches(stored: Fields, notModified: Fields): boolean {
  const freshTag = fieldValue(notModified, 'etag');
  const oldTag = fieldValue(stored, 'etag');
  if (freshTag !== undefined && oldTag !== undefined)
    return freshTag.startsWith('W/') ? opaque(freshTag) === opaque(oldTag) : freshTag === oldTag;
  const fresh = fieldValue(notModified, 'last-modified');
  const old = fieldValue(stored, 'last-modified');
  return fresh === undefined || old === undefined || fresh === old;
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

/**
 * What a response to HEAD says about a stored response to GET (section 4.3.5): `freshen` it with the fields, it is
 * `outdated` (another validator or length), or `nothing` can be said.
 */
export function headUpdate(
  stored: { fields: Fields; size: number },
  status: number,
  headFields: Fields,
): 'freshen' | 'outdated' | 'nothing' {
  if (status !== 200) return 'nothing';
  const same = (name: string) => {
    const fresh = fieldValue(headFields, name);
    return fresh === undefined || fresh === fieldValue(stored.fields, name);
  };
  const length = fieldValue(headFields, 'content-length');
  const sameLength = length === undefined || Number(length) === stored.size;
  return sameLength && same('etag') && same('last-modified') ? 'freshen' : 'outdated';
}

/**
 * Conditions that are the origin's to judge (section 4.3.2): they ask about the resource as it is there now, and a
 * request that carries one is passed on. Returns its name.
 */
export function originCondition(requestFields: Fields): 'if-match' | 'if-unmodified-since' | undefined {
  if (hasField(requestFields, 'if-match')) return 'if-match';
  return hasField(requestFields, 'if-unmodified-since') ? 'if-unmodified-since' : undefined;
}

/** Does the client already hold this response? If-None-Match first, else If-Modified-Since (RFC 9110 section 13.2.2). */
export function clientHasIt(requestFields: Fields, responseFields: Fields, nowMs: number): boolean {
  const ifNoneMatch = fieldValue(requestFields, 'if-none-match');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return true;
    const etag = fieldValue(responseFields, 'etag')?.trim();
    if (etag === undefined || etag === '') return false;
    // The same text is the same validator, even where it lacks the quotes that it should have.
    if (ifNoneMatch.trim() === etag) return true;
    return parseEntityTags(ifNoneMatch).some((tag) => opaque(tag) === opaque(etag));
  }
  const condition = fieldValue(requestFields, 'if-modified-since');
  if (condition === undefined) return false;
  const since = parseHttpDate(condition, nowMs);
  // A response without Last-Modified is as old as its Date (RFC 9111 section 4.3.2).
  const modifiedText = fieldValue(responseFields, 'last-modified') ?? fieldValue(responseFields, 'date');
  const modified = parseHttpDate(modifiedText ?? '', nowMs);
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
