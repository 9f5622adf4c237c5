import fc from 'fast-check';
import { type CityResponse, Reader } from 'maxmind';
import { describe, expect, it } from 'vitest';
import { buildGeoDatabase } from '../../src/geoip/build-database.ts';
import { MmdbTree } from '../../src/geoip/mmdb-tree.ts';
import { formatAddress, parseAddress } from '../../src/net/ip-address.ts';

const CITIES = [
  { name: 'Zürich', country: 'CH', continent: 'EU', latitude: 47.4, longitude: 8.5 },
  { name: 'Tokyo', country: 'JP', continent: 'AS', latitude: 35.7, longitude: 139.7 },
  { name: 'Lima', country: 'PE', continent: 'SA', latitude: -12, longitude: -77 },
] as const;

function database(recordSize: 24 | 28 | 32 = 24): Uint8Array {
  const entries = Array.from({ length: 300 }, (_, i) => ({
    prefix: i % 3 === 0 ? `2001:db8:${i.toString(16)}::/48` : `100.${i >> 4}.${(i & 15) << 4}.0/20`,
    city: CITIES[i % CITIES.length] as (typeof CITIES)[number],
    asn: 64500 + i,
  }));
  return buildGeoDatabase(entries, { recordSize }).bytes;
}

const address = fc.oneof(
  fc.tuple(fc.nat(20), fc.nat(255), fc.nat(255)).map(([a, b, c]) => Uint8Array.of(100, a, b, c)),
  fc.ipV4().map((text) => parseAddress(text) as Uint8Array),
  fc.nat(0x140).map((group) => parseAddress(`2001:db8:${group.toString(16)}::7`) as Uint8Array),
);

describe('the tree of an MMDB file', () => {
  it.each([24, 28, 32] as const)('says what the maxmind reader says, with %s bits a record', (recordSize) => {
    const bytes = database(recordSize);
    const tree = new MmdbTree(bytes, { allKeys: true });
    const reader = new Reader<CityResponse>(Buffer.from(bytes));
    expect(tree).toMatchObject({ recordSize, ipVersion: 6, databaseType: 'GeoLite2-City' });
    expect(tree.builtAt).toEqual(reader.metadata.buildEpoch);
    fc.assert(
      fc.property(address, (client) => {
        const [record, prefixLength] = reader.getWithPrefixLength(formatAddress(client));
        expect(tree.recordOf(client)).toEqual({ record: record ?? undefined, prefixLength });
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('decodes only what a location is made of, unless asked for all', () => {
    const client = parseAddress('100.0.16.1') as Uint8Array;
    const { record } = new MmdbTree(database()).recordOf(client);
    expect(record).toMatchObject({ city: { names: { en: 'Tokyo' } }, autonomous_system_number: 64501 });
  });

  it.each([0, 1, 100, 1000, -200, -20])('refuses a file cut at byte %s', (length) => {
    expect(() => new MmdbTree(database().slice(0, length))).toThrow(/not an MMDB file|past the end/);
  });

  it('refuses a file whose middle is missing', () => {
    const bytes = database();
    const holey = Buffer.concat([bytes.subarray(0, 100), bytes.subarray(-400)]);
    expect(() => new MmdbTree(holey)).toThrow('truncated');
  });

  it('never reads past its bytes or hangs, whatever they are', () => {
    const good = database();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        address,
        (changes, client) => {
          const bytes = Uint8Array.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            new MmdbTree(bytes).recordOf(client);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });
});
