// RDATA by generated examples: what is valid on the wire has a text that means the same bytes, and no bytes at all break
// the reader.

import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TYPES, typeName } from '../../../src/dns/wire/constants.ts';
import { LAYOUTS } from '../../../src/dns/wire/rdata/layouts.ts';
import { decodeTypeBitmap, encodeTypeBitmap } from '../../../src/dns/wire/rdata/type-bitmap.ts';
import { flatten, formatRdata, readRdata } from '../../../src/dns/wire/rdata.ts';
import { hexOf, rdataOf } from './rdata-support.ts';

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((data) => Buffer.from(data));
const u8 = bytes(1, 1);
const u16 = bytes(2, 2);
const u32 = bytes(4, 4);
const ttl = fc.nat(0x7fffffff).map((value) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex'));
const string = bytes(0, 255).map((data) => Buffer.concat([Buffer.from([data.length]), data]));
const label = fc
  .array(
    fc.integer({ min: 0, max: 255 }).filter((byte) => byte < 65 || byte > 90),
    { minLength: 1, maxLength: 20 },
  )
  .map((data) => Buffer.from([data.length, ...data]));
const name = fc.array(label, { maxLength: 4 }).map((labels) => Buffer.concat([...labels, Buffer.alloc(1)]));
const type = fc.integer({ min: 0, max: 0xffff });
const bitmap = fc.array(type, { maxLength: 20 }).map(encodeTypeBitmap);
const tag = fc
  .stringMatching(/^[a-zA-Z0-9]{1,15}$/)
  .map((text) => Buffer.from([text.length, ...Buffer.from(text)]));
const list = (item: fc.Arbitrary<Buffer>) =>
  fc.array(item, { minLength: 1, maxLength: 4 }).map(Buffer.concat);

const SHAPES: Record<string, fc.Arbitrary<Buffer>[]> = {
  A: [u32],
  NS: [name],
  SOA: [name, name, u32, ttl, ttl, ttl, ttl],
  HINFO: [string, string],
  MX: [u16, name],
  TXT: [list(string)],
  RP: [name, name],
  AAAA: [bytes(16, 16)],
  SRV: [u16, u16, u16, name],
  NAPTR: [u16, u16, string, string, string, name],
  DS: [u16, u8, u8, bytes(1, 48)],
  SSHFP: [u8, u8, bytes(1, 32)],
  RRSIG: [type.map((code) => Buffer.from([code >> 8, code])), u8, u8, ttl, u32, u32, u16, name, bytes(1, 64)],
  NSEC: [name, bitmap],
  DNSKEY: [u16, u8, u8, bytes(1, 64)],
  TLSA: [u8, u8, u8, bytes(1, 64)],
  CSYNC: [u32, u16, bitmap],
  ZONEMD: [u32, u8, u8, bytes(1, 48)],
  URI: [u16, u16, bytes(1, 40)],
  CAA: [u8, tag, bytes(0, 40)],
  OPENPGPKEY: [bytes(1, 40)],
  HTTPS: [bytes(2, 2).filter((priority) => priority[1] !== 0), name, svcParams()],
};

describe('RDATA', () => {
  it.each(Object.keys(SHAPES))('of %s keeps its bytes through its text', (mnemonic) => {
    const code = TYPES[mnemonic as keyof typeof TYPES];
    const data = fc.tuple(...(SHAPES[mnemonic] as fc.Arbitrary<Buffer>[])).map(Buffer.concat);
    fc.assert(
      fc.property(data, (wire) => {
        const text = formatRdata(code, { parts: [wire] });
        expect(text).not.toMatch(/^\\#/);
        expect(hexOf(`${mnemonic} ${text}`)).toBe(wire.toString('hex'));
        expect(hexOf(`${mnemonic} \\# ${wire.length} ${wire.toString('hex')}`)).toBe(wire.toString('hex'));
      }),
      { seed: 9460, numRuns: 60 },
    );
  });

  it('of any bytes has a text, and that of unknown types means the same bytes', () => {
    const codes = [...LAYOUTS.keys(), 65280];
    fc.assert(
      fc.property(fc.constantFrom(...codes), bytes(0, 60), (code, wire) => {
        expect(formatRdata(code, { parts: [wire] })).toMatch(/./);
        const read = readRdata(code, wire, 0, wire.length);
        if (read) expect(formatRdata(code, read)).toMatch(/./);
        expect(hexOf(`TYPE65280 ${formatRdata(65280, { parts: [wire] })}`)).toBe(wire.toString('hex'));
      }),
      { seed: 3597, numRuns: 2000 },
    );
  });

  it('never makes a text of a compression pointer, since what it points at is elsewhere', () => {
    expect(formatRdata(TYPES.SRV, { parts: [Buffer.from('000000000035c00c', 'hex')] })).toBe(
      '\\# 8 000000000035c00c',
    );
  });

  it('of a known type in the generic form is that type`s data, with its names', () => {
    expect(rdataOf('MX \\# 9 000a 046d61696c 01 41 00')).toBe(
      'the generic form is \\# LENGTH HEX, with LENGTH bytes of hexadecimal',
    );
    expect(rdataOf('MX \\# 9 000a 044d41494c0161')).toMatch(/these bytes are not/);
    expect(rdataOf('MX \\# 10 000a 044d41494c 0161 00')).toEqual({
      parts: [Buffer.from([0, 10]), '\x04mail\x01a\0'],
    });
  });

  it('says the same as dns-packet', () => {
    const records = [
      [
        'DS',
        'DS 2371 13 2 abcd',
        { keyTag: 2371, algorithm: 13, digestType: 2, digest: Buffer.from('abcd', 'hex') },
      ],
      ['DNSKEY', 'DNSKEY 257 3 13 AQID', { flags: 257, algorithm: 13, key: Buffer.from([1, 2, 3]) }],
      ['NSEC', 'NSEC \\000.a.test. A AAAA RRSIG NSEC', { rrtypes: ['A', 'AAAA', 'RRSIG', 'NSEC'] }],
      [
        'TLSA',
        'TLSA 3 1 1 beef',
        { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('beef', 'hex') },
      ],
      ['SSHFP', `SSHFP 4 2 ${'ab'.repeat(32)}`, { algorithm: 4, hash: 2, fingerprint: 'AB'.repeat(32) }],
      [
        'NAPTR',
        'NAPTR 1 2 "u" "s" "" r.test.',
        { order: 1, preference: 2, flags: 'u', services: 's', replacement: 'r.test' },
      ],
    ] as const;
    for (const [type, line, expected] of records) {
      const data = flatten(rdataOf(line) as { parts: [] });
      const header = Buffer.from(
        `00008400000000010000000000${typeHex(type)}000100000e10${hex16(data.length)}`,
        'hex',
      );
      // Header of 12 bytes with one answer, the root as its owner.
      const message = Buffer.concat([header, data]);
      const oracle = dnsPacket.decode(message).answers?.[0] as { data: unknown } | undefined;
      expect(oracle?.data).toMatchObject(expected);
    }
  });
});

describe('type bitmaps', () => {
  it('hold what was put in, in windows without trailing zeros', () => {
    fc.assert(
      fc.property(fc.uniqueArray(type, { maxLength: 60 }), (types) => {
        const encoded = encodeTypeBitmap(types);
        expect(decodeTypeBitmap(encoded)).toEqual([...types].sort((a, b) => a - b));
      }),
      { seed: 4034 },
    );
    // The example of RFC 4034 section 4.3.
    const types = [TYPES.A, TYPES.MX, TYPES.RRSIG, TYPES.NSEC, 1234];
    expect(encodeTypeBitmap(types).toString('hex')).toBe(`0006400100000003041b${'00'.repeat(26)}20`);
    expect(typeName(1234)).toBe('TYPE1234');
  });

  it('that break the rules are refused', () => {
    for (const hex of [
      '00',
      '0000',
      '000100',
      '0002400',
      '00014000014000',
      '0021'.padEnd(70, 'f'),
      '01014000014000',
    ]) {
      expect(decodeTypeBitmap(Buffer.from(hex, 'hex')), hex).toBeUndefined();
    }
  });
});

function svcParams(): fc.Arbitrary<Buffer> {
  const id = bytes(1, 20).map((data) => Buffer.from([data.length, ...data]));
  const values: [key: number, value: fc.Arbitrary<Buffer>][] = [
    [1, list(id)],
    [2, fc.constant(Buffer.alloc(0))],
    [3, u16],
    [4, list(u32)],
    [5, bytes(1, 40)],
    [6, list(bytes(16, 16))],
    [7, bytes(1, 40)],
    [8, fc.constant(Buffer.alloc(0))],
    [667, bytes(0, 40)],
    [65534, bytes(1, 40)],
  ];
  return fc
    .tuple(fc.subarray(values), fc.boolean())
    .chain(([chosen, mandatory]) => {
      // Without alpn, no-default-alpn would contradict.
      const kept = chosen.filter(([key]) => key !== 2 || chosen.some(([other]) => other === 1));
      const keys = Buffer.concat(kept.map(([key]) => Buffer.from([key >> 8, key])));
      const all: typeof values = mandatory && keys.length > 0 ? [[0, fc.constant(keys)], ...kept] : kept;
      return fc.tuple(
        ...all.map(([key, value]) =>
          value.map((data) => Buffer.concat([Buffer.from(hex16(key) + hex16(data.length), 'hex'), data])),
        ),
      );
    })
    .map((params) => Buffer.concat(params));
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function typeHex(type: keyof typeof TYPES): string {
  return hex16(TYPES[type]);
}
