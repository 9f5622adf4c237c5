// RDATA from and to the text of master files and from packets. What a type's data is made of is a line in rdata/layouts;
// all other types have the generic form `\# 4 0a000001` (RFC 3597 section 5).

import { TYPES } from './constants.ts';
import { type Name, readName } from './name.ts';
import type { Field } from './rdata/fields.ts';
import { NAME } from './rdata/fields.ts';
import { LAYOUTS } from './rdata/layouts.ts';
import type { Token } from './rdata/token.ts';
import type { Rdata } from './record.ts';

export { parseTtl } from './rdata/time.ts';
export type { Token } from './rdata/token.ts';

/** Types whose names may be compressed when written: those of RFC 1035 only (RFC 3597 section 4). */
export const COMPRESSIBLE_TYPES: ReadonlySet<number> = new Set([
  TYPES.NS,
  TYPES.CNAME,
  TYPES.SOA,
  TYPES.PTR,
  TYPES.MX,
]);

/** RDATA of `type` from its words; a string says what is wrong. Names are relative to `origin`. */
export function parseRdata(type: number, tokens: readonly Token[], origin: Name): Rdata | string {
  const layout = LAYOUTS.get(type);
  if (tokens[0]?.text === '\\#' && !tokens[0].quoted) return parseGeneric(layout, tokens);
  if (!layout) return 'this type has no text form here: write its data as \\# LENGTH HEX (RFC 3597)';
  const parts: (Uint8Array | Name)[] = [];
  let next = 0;
  for (const field of layout) {
    const words = field.takes === 'one' ? tokens.slice(next, next + 1) : tokens.slice(next);
    if (words.length === 0 && !field.mayBeEmpty) return `too few fields: ${describe(layout)} expected`;
    next += words.length;
    for (const group of field.takes === 'each' ? words.map((word) => [word]) : [words]) {
      const part = field.parse(group, origin, parts);
      if (part instanceof Error) return part.message;
      if (part === undefined) return `\`${group.map((word) => word.text).join(' ')}\` is not ${field.words}`;
      parts.push(part);
    }
  }
  if (next < tokens.length) return `too many fields: ${describe(layout)} expected`;
  return parts.reduce((sum, part) => sum + part.length, 0) > 65535 ? 'longer than 65535 bytes' : { parts };
}

/** Text of RDATA as in a master file; unknown types, and data that is not what its type says, in the generic form. */
export function formatRdata(type: number, rdata: Rdata): string {
  const layout = LAYOUTS.get(type);
  const bytes = flatten(rdata);
  const fields = layout && splitFields(layout, bytes);
  const words = fields?.map(({ field, bytes }) => field.format(bytes));
  if (words?.every((word) => word !== undefined)) return words.filter((word) => word !== '').join(' ');
  return `\\# ${bytes.length}${bytes.length > 0 ? ` ${bytes.toString('hex')}` : ''}`;
}

/** RDATA of a record in a packet, its names expanded; undefined when it does not hold what its type says. */
export function readRdata(type: number, packet: Buffer, start: number, end: number): Rdata | undefined {
  // Names of other types must not be compressed, so their bytes are taken as they are (RFC 3597 section 4).
  const mayBeCompressed = COMPRESSIBLE_TYPES.has(type) || type === TYPES.SRV;
  const layout = mayBeCompressed ? (LAYOUTS.get(type) ?? []) : [];
  const parts: (Uint8Array | Name)[] = [];
  let at = start;
  for (const field of layout) {
    if (field === NAME) {
      const read = readName(packet, at);
      if (!read || read.end > end) return undefined;
      parts.push(read.name);
      at = read.end;
    } else {
      const size = field.size(packet, at) ?? Number.NaN;
      if (!(at + size <= end)) return undefined;
      parts.push(packet.slice(at, at + size));
      at += size;
    }
  }
  if (layout.length === 0) parts.push(packet.slice(start, end));
  else if (at !== end) return undefined;
  return { parts };
}

/** Wire form without compression. */
export function flatten(rdata: Rdata): Buffer {
  return Buffer.concat(
    rdata.parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  );
}

/** The last of the numbers of an SOA record: how long a negative answer lives (RFC 2308 section 4). */
export function soaMinimumSeconds(rdata: Rdata): number {
  return flatten(rdata).readUInt32BE(flatten(rdata).length - 4);
}

function parseGeneric(layout: readonly Field[] | undefined, tokens: readonly Token[]): Rdata | string {
  const length = Number(tokens[1]?.text ?? Number.NaN);
  const hex = tokens
    .slice(2)
    .map((token) => token.text)
    .join('');
  if (!/^([0-9a-f]{2})*$/i.test(hex) || hex.length !== 2 * length || length > 65535) {
    return 'the generic form is \\# LENGTH HEX, with LENGTH bytes of hexadecimal';
  }
  const bytes = Buffer.from(hex, 'hex');
  if (!layout) return { parts: [bytes] };
  // Data of a known type is known data: its names are found in it as in any other record of the type.
  const fields = splitFields(layout, bytes);
  if (!fields) return `these bytes are not ${describe(layout)}`;
  return {
    parts: fields.map(({ field, bytes }) => (field === NAME ? (readName(bytes, 0)?.name as Name) : bytes)),
  };
}

/** The bytes of each field; undefined when they do not fit together. */
function splitFields(layout: readonly Field[], bytes: Buffer): { field: Field; bytes: Buffer }[] | undefined {
  const fields: { field: Field; bytes: Buffer }[] = [];
  let at = 0;
  for (const field of layout) {
    do {
      const size = field.size(bytes, at) ?? Number.NaN;
      if (!(at + size <= bytes.length)) return undefined;
      fields.push({ field, bytes: bytes.subarray(at, at + size) });
      at += size;
    } while (field.takes === 'each' && at < bytes.length);
  }
  return at === bytes.length ? fields : undefined;
}

function describe(layout: readonly Field[]): string {
  return layout.map((field) => field.words.replace(/^an? /, '')).join(', ');
}
