// One byte range out of a complete stored response (RFC 9110 section 14). Several ranges at once are answered with
// the whole, as section 14.2 allows: multipart answers have been used to make a small request cost a large response.

import { type Fields, fieldValue } from './fields.ts';

export type ByteRange = { first: number; last: number };

/** What Range asks of a body of `size` bytes; undefined when there is nothing to honour: answer with the whole. */
export function requestedRange(
  requestFields: Fields,
  responseFields: Fields,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const range = fieldValue(requestFields, 'range');
  if (range === undefined || !ifRangeHolds(requestFields, responseFields)) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range.replace(/[ \t]/g, ''));
  const [, firstText = '', lastText = ''] = match ?? [];
  if (!match || (firstText === '' && lastText === '')) return undefined;
  if (firstText === '') {
    const suffix = Number(lastText);
    return suffix === 0 || size === 0
      ? 'unsatisfiable'
      : { first: Math.max(0, size - suffix), last: size - 1 };
  }
  const first = Number(firstText);
  const last = lastText === '' ? size - 1 : Math.min(Number(lastText), size - 1);
  if (lastText !== '' && Number(lastText) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}

/** If-Range: a strong entity tag, or the exact Last-Modified (RFC 9110 section 13.1.5). */
function ifRangeHolds(requestFields: Fields, responseFields: Fields): boolean {
  const condition = fieldValue(requestFields, 'if-range')?.trim();
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === fieldValue(responseFields, 'etag');
  return !condition.startsWith('W/') && condition === fieldValue(responseFields, 'last-modified');
}
