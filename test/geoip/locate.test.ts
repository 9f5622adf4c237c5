import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate } from '../../src/geoip/locate.ts';

const frankfurt = {
  city: { names: { en: 'Frankfurt am Main' } },
  continent: { code: 'EU' },
  country: { iso_code: 'DE' },
  location: { latitude: 50.11, longitude: 8.68, accuracy_radius: 20 },
};

describe('locate', () => {
  test('reads a nested GeoLite2-City record', () => {
    expect(locate(frankfurt)).toMatchObject({
      precision: 'city',
      coordinates: { latitude: 50.11, longitude: 8.68 },
      accuracyRadiusKm: 20,
      country: 'DE',
      continent: 'EU',
    });
  });

  test('reads a flat @ip-location-db record, numbers as text too', () => {
    const flat = {
      city: 'Tokyo',
      country_code: 'JP',
      latitude: '35.68',
      longitude: '139.69',
      state1: 'Tokyo',
    };
    expect(locate(flat)).toEqual({
      precision: 'city',
      coordinates: { latitude: 35.68, longitude: 139.69 },
      city: 'Tokyo',
      country: 'JP',
      reason: 'city-record',
    });
  });

  const cases: [string, unknown, string, string][] = [
    [
      'a country centroid is not a place',
      {
        country: { iso_code: 'US' },
        location: { latitude: 37.751, longitude: -97.822, accuracy_radius: 1000 },
      },
      'country',
      'country-centroid',
    ],
    [
      'a centroid without a radius is not one either',
      { country: { iso_code: 'US' }, location: { latitude: 37.751, longitude: -97.822 } },
      'country',
      'country-centroid',
    ],
    [
      'a flat record with an empty city',
      { city: '', country_code: 'US', latitude: 37.751, longitude: -97.822 },
      'country',
      'country-centroid',
    ],
    [
      'a city state without a city name',
      { country: { iso_code: 'SG' }, location: { latitude: 1.37, longitude: 103.8, accuracy_radius: 20 } },
      'city',
      'small-area-record',
    ],
    [
      'a city with a radius as wide as a country',
      { ...frankfurt, location: { ...frankfurt.location, accuracy_radius: 1000 } },
      'country',
      'radius-too-wide',
    ],
    [
      'a country database',
      { country: { iso_code: 'DE' }, continent: { code: 'EU' } },
      'country',
      'no-coordinates',
    ],
    ['only the registered country', { registered_country: { iso_code: 'FR' } }, 'country', 'no-coordinates'],
    ['an ASN database', { autonomous_system_number: 64_500 }, 'none', 'no-coordinates'],
    [
      'coordinates off the globe',
      { ...frankfurt, location: { latitude: 91, longitude: 0 } },
      'country',
      'no-coordinates',
    ],
    ['no record', null, 'none', 'no-record'],
    ['nothing', undefined, 'none', 'no-record'],
  ];
  for (const [name, record, precision, reason] of cases) {
    test(`${name}: ${precision}, ${reason}`, () => {
      const found = locate(record);
      expect([found.precision, found.reason]).toEqual([precision, reason]);
      expect(found.coordinates !== undefined).toBe(precision === 'city');
    });
  }

  test('never throws, whatever a database holds, and never gives coordinates without city precision', () => {
    fc.assert(
      fc.property(fc.anything(), (record) => {
        const found = locate(record);
        expect(found.coordinates === undefined).toBe(found.precision !== 'city');
      }),
    );
  });
});
