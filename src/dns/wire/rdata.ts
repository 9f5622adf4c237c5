// RDATA of each type from and to the text of master files: one line in a table per type (RFC 1035 section 3.3, RFC 3596
// AAAA, RFC 2782 SRV, RFC 8659 CAA), and the generic form `\# 4 0a000001` for all others (RFC 3597 section 5).

import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import { TYPES } from './constants.ts';
import { formatName, type Name, parseName, readName } from './name.ts';
import type { Rdata } from './record.ts';

/** One word of an entry of a master file. Inside quotes, `text` is without them and `quoted` is true. */
export interface Token {
  text: string;
  quoted: boolean;
}

type Field = 'ipv4' | 'ipv6' | 'name' | 'u8' | 'u16' | 'u32' | 'ttl' | 'string' | 'strings' | 'tag' | 'rest';

const LAYOUTS = new Map<number, readonly Field[]>([
  [TYPES.A, ['ipv4']],
  [TYPES.NS, ['name']],
  [TYPES.CNAME, ['name']],
  [TYPES.SOA, ['name', 'name', 'u32', 'ttl', 'ttl', 'ttl', 'ttl']],
  [TYPES.PTR, ['name']],
  [TYPES.HINFO, ['string', 'string']],
  [TYPES.MX, ['u16', 'name']],
  [TYPES.TXT, ['strings']],
  [TYPES.AAAA, ['ipv6']],
  [TYPES.SRV, ['u16', 'u16', 'u16', 'name']],
  [TYPES.CAA, ['u8', 'tag', 'rest']],
]);

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
  if (tokens[0]?.text === '\\#' && !tokens[0].quoted) return parseGeneric(tokens);
  const layout = LAYOUTS.get(type);
  if (!layout) return 'this type has no text form here: write its data as \\# LENGTH HEX (RFC 3597)';
  const parts: (Uint8Array | Name)[] = [];
  let next = 0;
  for (const field of layout) {
    const words = field === 'strings' ? tokens.slice(next) : tokens.slice(next, next + 1);
    if (words.length === 0) return `too few fields: ${describe(layout)} expected`;
    next += words.length;
    for (const word of words) {
      const part = parseField(field, word, origin);
      if (part === undefined) return `\`${word.text}\` is not ${FIELD_WORDS[field]}`;
      parts.push(part);
    }
  }
  if (next < tokens.length) return `too many fields: ${describe(layout)} expected`;
  return { parts };
}

/** Text of RDATA as in a master file; unknown types in the generic form. */
export function formatRdata(type: number, rdata: Rdata): string {
  const layout = LAYOUTS.get(type);
  const bytes = flatten(rdata);
  const fields = layout && formatFields(layout, bytes);
  return fields ?? `\\# ${bytes.length}${bytes.length > 0 ? ` ${bytes.toString('hex')}` : ''}`;
}

/** RDATA of a record in a packet, its names expanded; undefined when it does not hold what its type says. */
export function readRdata(type: number, packet: Buffer, start: number, end: number): Rdata | undefined {
  const layout = COMPRESSIBLE_TYPES.has(type) || type === TYPES.SRV ? (LAYOUTS.get(type) ?? []) : [];
  const parts: (Uint8Array | Name)[] = [];
  let at = start;
  for (const field of layout) {
    if (field === 'name') {
      const read = readName(packet, at);
      if (!read || read.end > end) return undefined;
      parts.push(read.name);
      at = read.end;
    } else {
      const size = field === 'u16' ? 2 : 4;
      if (at + size > end) return undefined;
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

/** The four numbers and two names of an SOA record, for negative answers (RFC 2308) and tests. */
export function soaMinimumSeconds(rdata: Rdata): number {
  return flatten(rdata).readUInt32BE(flatten(rdata).length - 4);
}

/** `90`, `1h30m`, `2W`: seconds, at most 2^31-1 (RFC 2181 section 8); the units are BIND's extension. */
export function parseTtl(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit = 's'] of text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)) {
    total += Number(digits) * ({ m: 60, h: 3600, d: 86400, w: 604800 }[unit] ?? 1);
  }
  return total <= 0x7fffffff ? total : undefined;
}

const FIELD_WORDS: Record<Field, string> = {
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  name: 'a domain name',
  u8: 'a number from 0 to 255',
  u16: 'a number from 0 to 65535',
  u32: 'a number from 0 to 4294967295',
  ttl: 'a time in seconds (or such as 1h30m)',
  string: 'a text of at most 255 bytes',
  strings: 'a text of at most 255 bytes',
  tag: 'a tag of letters and digits',
  rest: 'a text',
};

function parseField(field: Field, word: Token, origin: Name): Uint8Array | Name | undefined {
  switch (field) {
    case 'name':
      return word.quoted ? undefined : parseName(word.text, origin);
    case 'ipv4':
    case 'ipv6': {
      const bytes = parseAddress(word.text);
      return bytes?.length === (field === 'ipv4' ? 4 : 16) ? bytes : undefined;
    }
    case 'u8':
      return parseNumber(word.text, 1);
    case 'u16':
      return parseNumber(word.text, 2);
    case 'u32':
      return parseNumber(word.text, 4);
    case 'ttl': {
      const seconds = parseTtl(word.text);
      return seconds === undefined ? undefined : parseNumber(String(seconds), 4);
    }
    case 'tag':
      return /^[a-z0-9]{1,15}$/i.test(word.text) ? withLength(Buffer.from(word.text)) : undefined;
    case 'rest':
      return undoEscapes(word.text);
    default: {
      const bytes = undoEscapes(word.text);
      return bytes && bytes.length <= 255 ? withLength(bytes) : undefined;
    }
  }
}

function parseNumber(text: string, size: 1 | 2 | 4): Uint8Array | undefined {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 256 ** size) return undefined;
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(Number(text), 0, size);
  return bytes;
}

function parseGeneric(tokens: readonly Token[]): Rdata | string {
  const length = Number(tokens[1]?.text ?? Number.NaN);
  const hex = tokens
    .slice(2)
    .map((token) => token.text)
    .join('');
  if (!/^([0-9a-f]{2})*$/i.test(hex) || hex.length !== 2 * length) {
    return 'the generic form is \\# LENGTH HEX, with LENGTH bytes of hexadecimal';
  }
  return { parts: [Buffer.from(hex, 'hex')] };
}

function formatFields(layout: readonly Field[], bytes: Buffer): string | undefined {
  const words: string[] = [];
  let at = 0;
  for (const field of layout) {
    do {
      const size = sizeAt(field, bytes, at);
      if (size === undefined || at + size > bytes.length) return undefined;
      words.push(formatField(field, bytes.subarray(at, at + size)));
      at += size;
    } while (field === 'strings' && at < bytes.length);
  }
  return at === bytes.length ? words.join(' ') : undefined;
}

function sizeAt(field: Field, bytes: Buffer, at: number): number | undefined {
  if (field === 'name') return (readName(bytes, at)?.end ?? Number.NaN) - at || undefined;
  if (field === 'string' || field === 'strings' || field === 'tag') return 1 + (bytes[at] ?? 0);
  if (field === 'rest') return bytes.length - at;
  return { ipv4: 4, ipv6: 16, u8: 1, u16: 2, u32: 4, ttl: 4 }[field];
}

function formatField(field: Field, bytes: Buffer): string {
  if (field === 'name') return formatName(bytes.toString('latin1'));
  if (field === 'ipv4' || field === 'ipv6') return formatAddress(bytes);
  if (field === 'tag') return bytes.toString('latin1', 1);
  if (field === 'string' || field === 'strings') return quote(bytes.subarray(1));
  if (field === 'rest') return quote(bytes);
  return String(bytes.readUIntBE(0, bytes.length));
}

function quote(bytes: Buffer): string {
  const escaped = [...bytes].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** Bytes of a character-string: `\DDD` and `\X` undone, all else UTF-8. */
function undoEscapes(text: string): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const [piece] of text.matchAll(/\\\d{3}|\\[\s\S]|[^\\]+|\\/g)) {
    if (/^\\\d{3}/.test(piece)) {
      if (Number(piece.slice(1)) > 255) return undefined;
      pieces.push(Buffer.from([Number(piece.slice(1))]));
    } else {
      pieces.push(Buffer.from(piece.startsWith('\\') ? piece.slice(1) : piece, 'utf8'));
    }
  }
  return Buffer.concat(pieces);
}

function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function describe(layout: readonly Field[]): string {
  return layout.map((field) => FIELD_WORDS[field].replace(/^an? /, '')).join(', ');
}
