import { Reader, type Response } from 'maxmind';
import { describe, expect, test } from 'vitest';
import { buildGeoDatabase, type GeoEntry } from '../../src/geoip/build-database.ts';
import { locate } from '../../src/geoip/locate.ts';

const frankfurt = { name: 'Frankfurt', country: 'DE', continent: 'EU', latitude: 50, longitude: 8.68 };
const tokyo = { name: 'Tokyo', country: 'JP', continent: 'AS', latitude: 35.68, longitude: 139.69 };
const lagos = { name: 'Lagos', country: 'NG', continent: 'AF', latitude: 6.45, longitude: 3.39 };

/** Twenty locations of two prefixes each. */
const entries: GeoEntry[] = Array.from({ length: 20 }, (_, i) => {
  const city = [frankfurt, tokyo, lagos][i % 3] ?? frankfurt;
  return [
    { prefix: `100.64.${i}.0/24`, city, asn: 64_500 + i, location: `place-${i}` },
    { prefix: `2001:db8:${(0x4000 + i).toString(16)}::/48`, city, asn: 64_500 + i, location: `place-${i}` },
  ];
}).flat();

describe('buildGeoDatabase', () => {
  test('puts every prefix in its city, read back through maxmind and locate', () => {
    const { bytes, misplaced } = buildGeoDatabase(entries);
    const reader = new Reader<Response>(Buffer.from(bytes));
    expect(misplaced).toEqual([]);
    expect(locate(reader.get('100.64.0.7'))).toEqual({
      precision: 'city',
      coordinates: { latitude: 50, longitude: 8.68 },
      accuracyRadiusKm: 20,
      city: 'Frankfurt',
      country: 'DE',
      continent: 'EU',
      asn: 64_500,
      reason: 'city-record',
    });
    expect(locate(reader.get('2001:db8:4001::10')).city).toBe('Tokyo');
    expect(locate(reader.get('192.0.2.1')).reason).toBe('no-record');
  });

  test('puts the stated share of locations in a wrong city, both families alike, and says which', () => {
    const { bytes, misplaced } = buildGeoDatabase(entries, { errorShare: 0.25, seed: 7 });
    const reader = new Reader<Response>(Buffer.from(bytes));
    expect(misplaced).toHaveLength(10); // 5 of 20 locations, 2 prefixes each
    const wrong = new Map(misplaced.map((item) => [item.prefix, item.recorded.name]));
    for (const entry of entries) {
      const found = locate(reader.get(entry.prefix.slice(0, entry.prefix.indexOf('/'))));
      expect(found.city).toBe(wrong.get(entry.prefix) ?? entry.city.name);
    }
    for (const item of misplaced) expect(item.recorded).not.toEqual(item.truth);
  });

  test('makes the same choice for the same seed, whatever the order, and another for another seed', () => {
    const choice = (list: GeoEntry[], seed: number) =>
      buildGeoDatabase(list, { errorShare: 0.25, seed })
        .misplaced.map((item) => `${item.prefix} ${item.recorded.name}`)
        .sort();
    expect(choice([...entries].reverse(), 7)).toEqual(choice(entries, 7));
    expect(choice(entries, 8)).not.toEqual(choice(entries, 7));
  });

  test('leaves a list of one city as it is: there is no wrong city to choose', () => {
    const one = entries.filter((entry) => entry.city === tokyo);
    expect(buildGeoDatabase(one, { errorShare: 1 }).misplaced).toEqual([]);
  });

  test('is the same bytes for the same input', () => {
    expect(buildGeoDatabase(entries, { errorShare: 0.5 }).bytes).toEqual(
      buildGeoDatabase(entries, { errorShare: 0.5 }).bytes,
    );
  });
});
