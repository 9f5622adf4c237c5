// The written files are read back by two readers that know nothing of the writer: the npm package `maxmind` and
// Debian's libmaxminddb (`mmdblookup`).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Reader, type Response } from 'maxmind';
import { describe, expect, test } from 'vitest';
import { double, type MmdbValue, uint16, uint32 } from '../../src/geoip/mmdb-value.ts';
import { type MmdbEntry, type MmdbOptions, writeMmdb } from '../../src/geoip/mmdb-writer.ts';
import { formatAddress } from '../../src/net/ip-address.ts';
import { formatPrefix, maskBytes, type Prefix, parsePrefix, prefixContains } from '../../src/net/prefix.ts';

const options: MmdbOptions = { databaseType: 'Test', description: 'a test' };

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new Error(text);
  return parsed;
}

function read(entries: MmdbEntry[], extra: Partial<MmdbOptions> = {}): Reader<Response> {
  return new Reader<Response>(Buffer.from(writeMmdb(entries, { ...options, ...extra })));
}

/** The longest of the prefixes that contain the address, by looking at all of them. */
function longestMatch(entries: MmdbEntry[], address: Uint8Array): MmdbEntry | undefined {
  return entries
    .filter((entry) => prefixContains(entry.prefix, address))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

const ipv4Prefix = fc
  .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
  .map(([bytes, length]): Prefix => ({ bytes: maskBytes(bytes, length), length }));
// Global unicast only: a prefix that covers ::/96 covers the IPv4 addresses of the file too.
const ipv6Prefix = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 3, max: 128 }))
  .map(([bytes, length]): Prefix => {
    const address = Uint8Array.from(bytes);
    address[0] = 0x20 | (0x1f & (bytes[0] ?? 0));
    return { bytes: maskBytes(address, length), length };
  });
const entriesOf = (prefixes: fc.Arbitrary<Prefix>) =>
  fc
    .uniqueArray(prefixes, { maxLength: 60, selector: formatPrefix })
    .map((list) => list.map((item, i): MmdbEntry => ({ prefix: item, record: { id: uint32(i) } })));

describe('a written database', () => {
  for (const recordSize of [24, 28, 32] as const) {
    test(`answers the longest match for any IPv4 and IPv6 prefixes at ${recordSize} bits`, () => {
      fc.assert(
        fc.property(
          entriesOf(fc.oneof(ipv4Prefix, ipv6Prefix)),
          fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 20 }),
          (entries, strangers) => {
            const reader = read(entries, { recordSize });
            for (const address of [...entries.map((entry) => entry.prefix.bytes), ...strangers]) {
              expect(reader.get(formatAddress(address))).toEqual(
                plain(longestMatch(entries, address)?.record) ?? null,
              );
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  test('does not depend on the order of its entries but for record offsets', () => {
    const entries = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24'].map((text) => ({
      prefix: prefix(text),
      record: text,
    }));
    for (const list of [entries, [...entries].reverse()]) {
      const reader = read(list);
      expect(['10.9.9.9', '10.1.9.9', '10.1.2.3', '11.0.0.1'].map((ip) => reader.get(ip))).toEqual([
        '10.0.0.0/8',
        '10.1.0.0/16',
        '10.1.2.0/24',
        null,
      ]);
    }
  });

  test('tells the prefix length of the match', () => {
    const reader = read([
      { prefix: prefix('100.64.0.0/10'), record: 'all' },
      { prefix: prefix('100.64.3.0/24'), record: 'one' },
    ]);
    expect(reader.getWithPrefixLength('100.64.3.9')).toEqual(['one', 24]);
  });

  test('is empty without entries, and whole with a default route', () => {
    expect(read([]).get('192.0.2.1')).toBeNull();
    const everything = read([{ prefix: prefix('::/0'), record: 'all' }]);
    expect([everything.get('192.0.2.1'), everything.get('2001:db8::1')]).toEqual(['all', 'all']);
  });

  test('keeps whole numbers as doubles where asked, and every size of text, list and integer', () => {
    const record: MmdbValue = {
      latitude: double(50),
      negativeZero: double(-0),
      zero: uint32(0),
      small: uint16(65_535),
      large: uint32(4_200_000_000),
      truth: true,
      lie: false,
      list: ['a', uint16(1), ['nested']],
      texts: [28, 29, 284, 285, 65_820, 65_821].map((length) => 'x'.repeat(length)),
      unicode: 'São Paulo',
    };
    expect(read([{ prefix: prefix('192.0.2.0/24'), record }]).get('192.0.2.1')).toEqual(plain(record));
  });

  test('points back to values over every length of pointer', () => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({
      prefix: prefix(`10.${i >> 8}.${i & 255}.0/24`),
      record: {
        own: `${i}`.padEnd(300, '.'),
        shared: `shared text ${i % 1500}`,
        list: [{ deep: `value ${i % 700}` }],
      },
    }));
    const reader = read(entries);
    for (const { prefix: at, record } of entries) expect(reader.get(formatAddress(at.bytes))).toEqual(record);
  });

  test('holds equal records once', () => {
    const record = { city: { names: { en: 'Frankfurt' } } };
    const many = Array.from({ length: 200 }, (_, i) => ({
      prefix: prefix(`10.0.${i}.0/24`),
      record: { ...record },
    }));
    const text = Buffer.from(writeMmdb(many, options)).toString('latin1');
    expect(text.split('Frankfurt').length - 1).toBe(1);
  });

  test('is the same bytes for the same input', () => {
    const entries = [{ prefix: prefix('192.0.2.0/24'), record: 'x' }];
    expect(writeMmdb(entries, options)).toEqual(writeMmdb(entries, options));
  });

  test('refuses a prefix given twice', () => {
    const entry = { prefix: prefix('192.0.2.0/24'), record: 'x' };
    expect(() => writeMmdb([entry, entry], options)).toThrow('192.0.2.0/24 is given twice');
  });
});

describe("Debian's mmdblookup", () => {
  test('reads types and values of both families at all record sizes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mmdb-'));
    try {
      for (const recordSize of [24, 28, 32] as const) {
        const file = join(folder, `${recordSize}.mmdb`);
        const entries = [
          { prefix: prefix('100.64.3.0/24'), record: { latitude: double(50), asn: uint32(64_500) } },
          {
            prefix: prefix('2001:db8:4003::/48'),
            record: { latitude: double(-33.5), asn: uint32(64_500) },
          },
        ];
        writeFileSync(file, writeMmdb(entries, { ...options, recordSize }));
        const lookup = (ip: string, ...path: string[]) =>
          execFileSync('mmdblookup', ['--file', file, '--ip', ip, ...path], { encoding: 'utf8' }).trim();
        expect(lookup('100.64.3.7', 'latitude')).toBe('50.000000 <double>');
        expect(lookup('2001:db8:4003::10', 'latitude')).toBe('-33.500000 <double>');
        expect(lookup('100.64.3.7', 'asn')).toBe('64500 <uint32>');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The value as a reader returns it: numbers without their type. */
function plain(value: MmdbValue | undefined): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(value, (_, item) =>
      item && typeof item === 'object' && 'type' in item && 'value' in item ? item.value : item,
    ),
    (key, item) => (key === 'negativeZero' ? -0 : item),
  );
}
