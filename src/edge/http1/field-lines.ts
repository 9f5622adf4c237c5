// Field lines up to the empty line (RFC 9112 section 5): no folding, no bare CR or LF, no white space before the colon,
// no control characters. First all bytes are checked and the places noted, then one string is made and cut: cutting a
// string is several times cheaper than reading each name and value from the bytes.

import type { Http1Limits } from './limits.ts';
import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from './octets.ts';
import { Refusal } from './refusal.ts';

export interface FieldLines {
  /** name, value, name, value; as received, white space around values removed. */
  fields: string[];
  /** Offset behind the empty line. */
  end: number;
}

/**
 * Undefined when more bytes are needed. `limitEnd` is the offset that the head may not pass.
 */
export function parseFieldLines(
  bytes: Buffer,
  from: number,
  limitEnd: number,
  limits: Pick<Http1Limits, 'maxFields'>,
): FieldLines | Refusal | undefined {
  const end = Math.min(bytes.length, limitEnd);
  const unfinished = bytes.length >= limitEnd ? HEAD_TOO_LARGE : undefined;
  if (places.length < limits.maxFields * 4) places = new Uint32Array(limits.maxFields * 4);
  let count = 0;
  let at = from;
  for (;;) {
    if (at >= end) return unfinished;
    const first = bytes[at] as number;
    if (first === CR) {
      if (at + 1 >= end) return unfinished;
      if (bytes[at + 1] !== LF) return BARE_CR;
      break;
    }
    if (count === limits.maxFields * 4) return TOO_MANY_FIELDS;
    const nameStart = at;
    while (at < end && TOKEN[bytes[at] as number] === 1) at++;
    if (at >= end) return unfinished;
    if (bytes[at] !== COLON || at === nameStart) return badName(bytes[at] as number, at === nameStart);
    places[count] = nameStart - from;
    places[count + 1] = at - from;
    at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < end && VALUE[bytes[at] as number] === 1) at++;
    if (at >= end) return unfinished;
    if (bytes[at] !== CR) return bytes[at] === LF ? BARE_LF : BAD_VALUE;
    if (at + 1 >= end) return unfinished;
    if (bytes[at + 1] !== LF) return BARE_CR;
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    places[count + 2] = valueStart - from;
    places[count + 3] = valueEnd - from;
    count += 4;
    at += 2;
  }
  const text = bytes.toString('latin1', from, at);
  const fields: string[] = [];
  for (let i = 0; i < count; i += 2) fields.push(text.slice(places[i], places[i + 1]));
  return { fields, end: at + 2 };
}

/** Of the parse under way, which never gives up control; made once. */
let places = new Uint32Array(0);

function badName(byte: number, empty: boolean): Refusal {
  if (byte === LF) return BARE_LF;
  if (byte === SP || byte === HTAB) return empty ? FOLDED : SPACE_BEFORE_COLON;
  return BAD_NAME;
}

const HEAD_TOO_LARGE = new Refusal(431, 'head too large');
const TOO_MANY_FIELDS = new Refusal(431, 'too many fields');
const BARE_CR = new Refusal(400, 'carriage return without line feed');
const BARE_LF = new Refusal(400, 'line feed without carriage return');
const FOLDED = new Refusal(400, 'folded field line');
const SPACE_BEFORE_COLON = new Refusal(400, 'white space before a colon');
const BAD_NAME = new Refusal(400, 'not a field name');
const BAD_VALUE = new Refusal(400, 'control character in a field value');
