// One byte range out of a complete stored response (RFC 9110 section 14). Several ranges that touch each other are one
// range; several that do not are answered with the whole, as section 14.2 allows: multipart answers have been used to
// make a small request cost a large response.

import { type Fields, fieldValue } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

export type ByteRange = { first: number; last: number };

/** More ranges than this are not worth reading (section 17.15 warns of them). */
const MAX_RANGES = 16;

/** What Range asks of a body of `size` bytes; undefined when there is nothing to honour: answer with the whole. */
export function requestedRange(
  requestFields: Fields,
  responseFields: Fields,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const range = fieldValue(requestFields, 'range');
  if (range === undefined || !ifRangeHolds(requestFields, responseFields)) return undefined;
  const set = /^bytes=([\d\-, \t]+)$/i.exec(range.trim())?.[1];
  if (set === undefined) return undefined;
  const specs = set
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  if (specs.length === 0 || specs.length > MAX_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const parsed = parseSpec(spec, size);
    // One that is not of the grammar spoils the field.
    if (parsed === undefined) return undefined;
    if (parsed !== 'unsatisfiable') ranges.push(parsed);
  }
  return ranges.length === 0 ? 'unsatisfiable' : coalesced(ranges);
}

/** Where the first byte lies that Range asks for, as far as that can be told without the size; 0 otherwise. */
export function firstWantedByte(requestFields: Fields): number {
  const set = /^\s*bytes=([\d\-, \t]+)$/i.exec(fieldValue(requestFields, 'range') ?? '')?.[1] ?? '';
  const firsts = set.split(',').map((spec) => /^\s*(\d{1,15})-/.exec(spec)?.[1]);
  const known = firsts.every((first) => first !== undefined);
  return known ? Math.min(...firsts.map(Number)) : 0;
}

/** Content-Range of a single range whose size is known (section 14.4); undefined for anything else. */
export function contentRange(responseFields: Fields): (ByteRange & { size: number }) | undefined {
  const text = fieldValue(responseFields, 'content-range') ?? '';
  const [, first, last, size] = (/^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text.trim()) ?? []).map(
    Number,
  );
  if (first === undefined || last === undefined || size === undefined) return undefined;
  return first <= last && last < size ? { first, last, size } : undefined;
}

function parseSpec(spec: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, firstText = '', lastText = ''] = /^(\d{0,15})-(\d{0,15})$/.exec(spec) ?? [];
  if (firstText === '' && lastText === '') return undefined;
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

/** The one range that they are together; undefined when there is a gap. */
function coalesced(ranges: ByteRange[]): ByteRange | undefined {
  const [start, ...others] = [...ranges].sort((a, b) => a.first - b.first);
  let whole = start;
  for (const next of others) {
    if (!whole || next.first > whole.last + 1) return undefined;
    whole = { first: whole.first, last: Math.max(whole.last, next.last) };
  }
  return whole;
}

/** If-Range: a strong entity tag, or the exact Last-Modified if that is a strong validator (RFC 9110 section 13.1.5). */
function ifRangeHolds(requestFields: Fields, responseFields: Fields): boolean {
  const condition = fieldValue(requestFields, 'if-range')?.trim();
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === fieldValue(responseFields, 'etag');
  const modified = fieldValue(responseFields, 'last-modified');
  if (condition !== modified) return false;
  // Within the second of its sending it could have changed again (section 8.8.2.2).
  const modifiedMs = parseHttpDate(modified);
  const dateMs = parseHttpDate(fieldValue(responseFields, 'date') ?? '');
  return modifiedMs !== undefined && (dateMs === undefined || dateMs - modifiedMs >= 1000);
}
