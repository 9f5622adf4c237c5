// The kinds of fields that RDATA is made of: for each, what people call it, how many words of a master file it takes,
// its wire form from those words, its size in wire form, and its text.

import { formatAddress, parseAddress } from '../../../net/ip-address.ts';
import { typeCode, typeName } from '../constants.ts';
import { formatName, type Name, parseName } from '../name.ts';
import { formatSvcParams, parseSvcParams } from '../svcb.ts';
import { decodeBase64 } from './base64.ts';
import { quote, undoEscapes, withLength } from './text.ts';
import { formatMoment, parseMoment, parseTtl } from './time.ts';
import type { Token } from './token.ts';
import { formatTypeBitmap, parseTypeBitmap } from './type-bitmap.ts';

export interface Field {
  /** As in "`x` is not an IPv4 address". */
  words: string;
  /** `one` word; `each` of the words that are left, at least one, on its own; `all` that are left together. */
  takes: 'one' | 'each' | 'all';
  /** No word at all is fine too: an empty list. */
  mayBeEmpty?: true;
  /** Undefined: the words are not what the field wants; an Error says so in its own words. */
  parse(
    tokens: readonly Token[],
    origin: Name,
    before: readonly (Uint8Array | Name)[],
  ): Uint8Array | Name | Error | undefined;
  /** Bytes of the field at `at`; undefined when it is malformed. */
  size(bytes: Buffer, at: number): number | undefined;
  /** Undefined when these bytes have no text. */
  format(bytes: Buffer): string | undefined;
}

export const NAME: Field = {
  words: 'a domain name',
  takes: 'one',
  parse: ([token], origin) => (token?.quoted ? undefined : parseName(token?.text ?? '', origin)),
  size: nameSize,
  format: (bytes) => formatName(bytes.toString('latin1')),
};

export const IPV4 = address(4, 'an IPv4 address');
export const IPV6 = address(16, 'an IPv6 address');
export const U8 = number(1);
export const U16 = number(2);
export const U32 = number(4);

export const TTL: Field = {
  ...U32,
  words: 'a time in seconds (or such as 1h30m)',
  parse: ([token]) => numberBytes(parseTtl(token?.text ?? ''), 4),
  // What is more than 31 bits is no TTL, and could not be read again.
  format: (bytes) => (bytes.readUInt32BE(0) <= 0x7fffffff ? String(bytes.readUInt32BE(0)) : undefined),
};

export const STRING: Field = {
  words: 'a text of at most 255 bytes',
  takes: 'one',
  parse: ([token]) => {
    const bytes = undoEscapes(token?.text ?? '');
    return bytes && bytes.length <= 255 ? withLength(bytes) : undefined;
  },
  size: (bytes, at) => 1 + (bytes[at] ?? 0),
  format: (bytes) => quote(bytes.subarray(1)),
};

export const STRINGS: Field = { ...STRING, takes: 'each' };

/** CAA's property tag (RFC 8659 section 4.1). */
export const TAG: Field = {
  ...STRING,
  words: 'a tag of letters and digits',
  parse: ([token]) =>
    /^[a-z0-9]{1,15}$/i.test(token?.text ?? '') ? withLength(Buffer.from(token?.text ?? '')) : undefined,
  format: (bytes) =>
    /^[a-z0-9]+$/i.test(bytes.toString('latin1', 1)) ? bytes.toString('latin1', 1) : undefined,
};

/** Text up to the end of the RDATA, without a length of its own (CAA, URI). */
export const REST: Field = {
  words: 'a text',
  takes: 'one',
  parse: ([token]) => undoEscapes(token?.text ?? ''),
  size: (bytes, at) => bytes.length - at,
  format: quote,
};

/** A mnemonic or number of a type (RRSIG's "type covered"). */
export const TYPE: Field = {
  ...U16,
  words: 'a record type',
  parse: ([token]) => numberBytes(typeCode(token?.text ?? ''), 2),
  format: (bytes) => typeName(bytes.readUInt16BE(0)),
};

/** RFC 8624 section 3.1 and RFC 4034 appendix A.1: numbers are written, mnemonics read too. */
const ALGORITHMS: Record<string, number> = {
  RSASHA1: 5,
  NSEC3RSASHA1: 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
};

export const ALGORITHM: Field = {
  ...U8,
  words: 'a DNSSEC algorithm (a number, or such as ECDSAP256SHA256)',
  parse: ([token]) => {
    const mnemonic = (token?.text ?? '').toUpperCase();
    return numberBytes(Object.hasOwn(ALGORITHMS, mnemonic) ? ALGORITHMS[mnemonic] : decimal(mnemonic), 1);
  },
};

export const MOMENT: Field = {
  ...U32,
  words: 'a moment such as 20260131235959',
  parse: ([token]) => numberBytes(parseMoment(token?.text ?? ''), 4),
  format: (bytes) => formatMoment(bytes.readUInt32BE(0)),
};

export const BASE64: Field = {
  words: 'base64',
  takes: 'all',
  parse: (tokens) => decodeBase64(tokens.map((token) => token.text).join('')),
  size: (bytes, at) => bytes.length - at,
  format: (bytes) => (bytes.length > 0 ? bytes.toString('base64') : undefined),
};

export const HEX: Field = {
  words: 'hexadecimal',
  takes: 'all',
  parse: (tokens) => {
    const text = tokens.map((token) => token.text).join('');
    return /^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
  },
  size: (bytes, at) => bytes.length - at,
  format: (bytes) => (bytes.length > 0 ? bytes.toString('hex').toUpperCase() : undefined),
};

export const TYPE_BITMAP: Field = {
  words: 'a list of types',
  takes: 'all',
  mayBeEmpty: true,
  parse: (tokens) => parseTypeBitmap(tokens.map((token) => token.text)),
  size: (bytes, at) => bytes.length - at,
  format: formatTypeBitmap,
};

export const SVC_PARAMS: Field = {
  words: 'service parameters',
  takes: 'all',
  mayBeEmpty: true,
  parse: (tokens, _origin, [priority]) => {
    const aliasMode = typeof priority === 'object' && priority.every((byte) => byte === 0);
    // A quoted word is no parameter: only values are quoted.
    const words = tokens.map((token) => (token.quoted ? quote(Buffer.from(token.text)) : token.text));
    const params = parseSvcParams(words, aliasMode);
    return typeof params === 'string' ? new Error(params) : params;
  },
  size: (bytes, at) => bytes.length - at,
  format: formatSvcParams,
};

/** Of an uncompressed name: a pointer is not one, since what it points at is not here. */
function nameSize(bytes: Buffer, at: number): number | undefined {
  let end = at;
  for (;;) {
    const length = bytes[end];
    if (length === undefined || length > 63) return undefined;
    end += 1 + length;
    if (end - at > 255) return undefined;
    if (length === 0) return end - at;
  }
}

function address(size: 4 | 16, words: string): Field {
  return {
    words,
    takes: 'one',
    parse: ([token]) => {
      const bytes = parseAddress(token?.text ?? '');
      return bytes?.length === size ? bytes : undefined;
    },
    size: () => size,
    format: formatAddress,
  };
}

function number(size: 1 | 2 | 4): Field {
  return {
    words: `a number from 0 to ${256 ** size - 1}`,
    takes: 'one',
    parse: ([token]) => numberBytes(decimal(token?.text ?? ''), size),
    size: () => size,
    format: (bytes) => String(bytes.readUIntBE(0, size)),
  };
}

function decimal(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function numberBytes(value: number | undefined, size: 1 | 2 | 4): Uint8Array | undefined {
  if (value === undefined || value >= 256 ** size) return undefined;
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
