// The GeoIP database of a lab's Internet, in the shape of GeoLite2-City, so that the GeoDNS server reads a real
// file with a real reader. A stated share of it can be wrong on purpose: stale and mislocated prefixes are how GeoDNS
// fails in life (Calder et al., IMC 2015, section 4), and an emulation with perfect data would flatter it.

import { deriveSeed, type Random, seededRandom } from '../base/random.ts';
import { parsePrefix } from '../net/prefix.ts';
import { double, type MmdbValue, uint16, uint32 } from './mmdb-value.ts';
import { writeMmdb } from './mmdb-writer.ts';

export interface GeoCity {
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** AF AN AS EU NA OC SA. */
  continent: string;
  latitude: number;
  longitude: number;
}

export interface GeoEntry {
  /** `100.64.3.0/24` or `2001:db8:4003::/48`. */
  prefix: string;
  city: GeoCity;
  asn?: number;
  /** Entries of one location (its IPv4 and IPv6 prefixes) are wrong together; by default each is on its own. */
  location?: string;
}

export interface GeoDatabaseOptions {
  /** Share of locations, 0 to 1, that the database puts in another city of the list; the nearest whole number of them. */
  errorShare?: number;
  seed?: number;
  /** GeoLite2's field of that name, in kilometres. */
  accuracyRadiusKm?: number;
  buildEpoch?: number;
  recordSize?: 24 | 28 | 32;
}

export interface GeoDatabase {
  bytes: Uint8Array;
  /** Prefixes that are wrong in the database, in the order of the input. */
  misplaced: { prefix: string; truth: GeoCity; recorded: GeoCity }[];
}

/** Throws TypeError for text that is not a prefix, or a prefix given twice: callers have parsed them already. */
export function buildGeoDatabase(entries: GeoEntry[], options: GeoDatabaseOptions = {}): GeoDatabase {
  const { errorShare = 0, seed = 1, accuracyRadiusKm = 20 } = options;
  const wrongCity = chooseWrongCities(entries, errorShare, seed);
  const misplaced: GeoDatabase['misplaced'] = [];
  const records = entries.map((entry) => {
    const prefix = parsePrefix(entry.prefix);
    if (!prefix) throw new TypeError(`not a prefix: ${entry.prefix}`);
    const recorded = wrongCity.get(locationOf(entry)) ?? entry.city;
    if (recorded !== entry.city) misplaced.push({ prefix: entry.prefix, truth: entry.city, recorded });
    return { prefix, record: cityRecord(recorded, entry.asn, accuracyRadiusKm) };
  });
  const bytes = writeMmdb(records, {
    databaseType: 'GeoLite2-City',
    description: 'Emulated Internet of a Catchment lab',
    buildEpoch: options.buildEpoch,
    recordSize: options.recordSize,
  });
  return { bytes, misplaced };
}

/** GeoLite2-City has no ASN; readers that look for one find it under GeoLite2-ASN's name for it. */
function cityRecord(city: GeoCity, asn: number | undefined, accuracyRadiusKm: number): MmdbValue {
  return {
    city: { names: { en: city.name } },
    continent: { code: city.continent },
    country: { iso_code: city.country },
    location: {
      accuracy_radius: uint16(accuracyRadiusKm),
      latitude: double(city.latitude),
      longitude: double(city.longitude),
    },
    ...(asn === undefined ? {} : { autonomous_system_number: uint32(asn) }),
  };
}

/** Location to the city it is wrongly put in. The choice depends on the seed and the names alone, not on their order. */
function chooseWrongCities(entries: GeoEntry[], errorShare: number, seed: number): Map<string, GeoCity> {
  const truth = new Map(entries.map((entry) => [locationOf(entry), entry.city]));
  const locations = [...truth.keys()].sort();
  const cities = [...new Map(entries.map(({ city }) => [cityKey(city), city])).values()].sort((a, b) =>
    cityKey(a) < cityKey(b) ? -1 : 1,
  );
  const wrong = new Map<string, GeoCity>();
  if (cities.length < 2) return wrong;
  const count = Math.round(Math.min(1, Math.max(0, errorShare)) * locations.length);
  for (const location of shuffle(locations, seededRandom(deriveSeed(seed, 'geoip'))).slice(0, count)) {
    const own = truth.get(location);
    const others = cities.filter((city) => !own || cityKey(city) !== cityKey(own));
    const pick = seededRandom(deriveSeed(seed, `geoip ${location}`))();
    const city = others[Math.floor(pick * others.length)];
    if (city) wrong.set(location, city);
  }
  return wrong;
}

function locationOf(entry: GeoEntry): string {
  return entry.location ?? entry.prefix;
}

function cityKey(city: GeoCity): string {
  return `${city.country}/${city.name}`;
}

/** Fisher-Yates, on a copy. */
function shuffle<T>(items: T[], random: Random): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}
