// The fields of a response whose body was given a content coding. Another coding is another representation (RFC 9110 section
// 8.8.3.3), so it gets an entity tag of its own: `"a"` becomes `"a-br"`. Weak where the bytes may differ from one time to
// the next, as those of a stream do, so that nobody joins ranges of two.

import { type Fields, fieldValue, withoutFields } from '../fields.ts';
import { CODINGS } from '../policy/accept-encoding.ts';
import type { ContentCoding } from '../policy/route-policy.ts';
import { parseVary } from '../vary.ts';

/** `size` undefined: a stream, of unknown length and with a weak tag. */
export function encodedFields(fields: Fields, coding: ContentCoding, size: number | undefined): string[] {
  const etag = fieldValue(fields, 'etag');
  const kept = withVaryAcceptEncoding(withoutFields(fields, OF_THE_BYTES));
  kept.push('Content-Encoding', coding);
  if (etag !== undefined) kept.push('ETag', codedTag(etag, coding, size === undefined));
  if (size === undefined) kept.push('Accept-Ranges', 'none');
  else kept.push('Content-Length', String(size));
  return kept;
}

/** Of an answer that another client may get in another coding: the identity's too. */
export function withVaryAcceptEncoding(fields: Fields): string[] {
  const vary = parseVary(fieldValue(fields, 'vary'));
  if (vary.any || vary.names.includes('accept-encoding')) return [...fields];
  return [...fields, 'Vary', 'Accept-Encoding'];
}

/** A tag that cannot be read is dropped to nothing that matches. */
function codedTag(etag: string, coding: ContentCoding, weak: boolean): string {
  const match = /^(W\/)?"([^"]*)"$/.exec(etag.trim());
  if (!match) return `W/"${coding}"`;
  return `${weak || match[1] ? 'W/' : ''}"${match[2]}-${coding}"`;
}

/** The coding whose strong tag this is; undefined for others, weak ones and dates. */
export function taggedCoding(tag: string | undefined): ContentCoding | undefined {
  if (tag === undefined || !/^"[^"]*"$/.test(tag.trim())) return undefined;
  const text = tag.trim();
  return CODINGS.find((coding) => text.endsWith(`-${coding}"`));
}

const OF_THE_BYTES = new Set([
  'content-length',
  'content-encoding',
  'content-md5',
  'content-digest',
  'digest',
  'etag',
  'accept-ranges',
]);
