// Topologies of any size from a seed, for scale and benchmarks: four transit networks that peer with one another
// everywhere, regional ones that buy from two of them and sometimes peer, POPs and client locations at the regional ones.
// The same options give the same topology. What comes out is what a file would say; parse it like one.

import { type Random, seededRandom } from '../base/random.ts';
import type { TopologySource } from './schema.ts';

export interface GenerateOptions {
  /** Nodes that run BIRD, all kinds together. At least 20. */
  routers: number;
  seed: number;
  name?: string;
  /** One POP and one client location: nothing but routers to speak of, for measuring plumbing and convergence. */
  routersOnly?: boolean;
  /** Default: a fifth of the routers. */
  pops?: number;
  /** Default: two fifths of the routers. */
  clients?: number;
}

/** Cities of each continent, all in geoip/cities.csv, the first ones the largest exchanges. */
const CITIES = {
  EU: ['fra', 'lon', 'ams', 'par', 'mad', 'sto', 'waw', 'mil', 'vie', 'dub', 'mrs', 'lis'],
  NA: ['iad', 'lax', 'nyc', 'chi', 'dal', 'mia', 'sjc', 'sea', 'atl', 'den', 'tor', 'mex'],
  AS: ['sin', 'tyo', 'hkg', 'bom', 'sel', 'tpe', 'jkt', 'bkk', 'mnl', 'del', 'maa', 'dxb'],
  SA: ['sao', 'bue', 'scl', 'bog', 'lim'],
  AF: ['jnb', 'lag', 'nbo', 'cai', 'acc', 'cpt'],
  OC: ['syd', 'mel', 'akl', 'per'],
} as const;

type Continent = keyof typeof CITIES;

/** How often something is placed on each continent: roughly its share of networks. */
const SHARES: [Continent, number][] = [
  ['EU', 0.3],
  ['NA', 0.25],
  ['AS', 0.25],
  ['SA', 0.09],
  ['AF', 0.07],
  ['OC', 0.04],
];

/** Where a large transit network goes as it grows. The first has to be at hand from everywhere. */
const HUBS = ['fra', 'iad', 'sin', 'sao', 'jnb', 'syd', 'lon', 'lax', 'tyo', 'dal', 'hkg', 'mia'];
const HUBS_OF: Record<Continent, string[]> = {
  EU: ['fra', 'lon'],
  NA: ['iad', 'lax', 'dal'],
  AS: ['sin', 'tyo', 'hkg'],
  SA: ['sao', 'mia', 'iad'],
  AF: ['jnb', 'lon'],
  OC: ['syd', 'sin'],
};

const LARGE_TRANSITS = ['t1', 't2', 't3', 't4'];
const LARGEST_REGIONAL = 3;
/** Origin and root run BIRD too. */
const SERVERS = 2;
const FIRST_REGIONAL_ASN = 4200010000;

interface Regional {
  name: string;
  continent: Continent;
  routers: string[];
}

export function generateTopology(options: GenerateOptions): TopologySource {
  const { routers, seed, routersOnly = false } = options;
  const random = seededRandom(seed);
  const popCount = options.pops ?? (routersOnly ? 1 : Math.max(2, Math.round(routers / 5)));
  const clientCount = options.clients ?? (routersOnly ? 1 : Math.max(3, Math.round((2 * routers) / 5)));
  const transitRouters = routers - popCount - clientCount - SERVERS;
  const hubs = HUBS.slice(0, Math.min(HUBS.length, Math.max(1, Math.round(transitRouters / 16))));
  const regionals = regionalTransits(transitRouters - LARGE_TRANSITS.length * hubs.length, random);
  const transitsOn = (continent: Continent) => [
    ...LARGE_TRANSITS,
    ...regionals.filter((regional) => regional.continent === continent).map(({ name }) => name),
  ];
  return {
    name: options.name ?? `generated-${routers}`,
    description: `${routers} routers, generated from seed ${seed}.`,
    seed,
    transits: {
      ...Object.fromEntries(
        LARGE_TRANSITS.map((name, i) => [
          name,
          { asn: 64496 + i, routers: hubs, links: ringWithChords(hubs) },
        ]),
      ),
      ...Object.fromEntries(
        regionals.map(({ name, routers: cities }, i) => [
          name,
          { asn: FIRST_REGIONAL_ASN + i, routers: cities, links: chain(cities) },
        ]),
      ),
    },
    interconnects: [
      ...pairsOf(LARGE_TRANSITS).map((peers) => ({ peers, at: hubs.slice(0, 3) })),
      ...regionals.flatMap((regional) => uplinks(regional, hubs, random)),
      ...regionalPeerings(regionals, random),
    ],
    cdn: { asn: 64500 },
    pops: places(popCount, random, (continent, city, count) => [
      count === 1 ? city : `${city}${count}`,
      { ...(count > 1 && { city }), providers: someOf(transitsOn(continent), 2, random) },
    ]),
    clients: places(clientCount, random, (continent, city, _count, i) => [
      `client-${i + 1}`,
      {
        city,
        users: 1 + Math.floor(random() * 100),
        upstreams: someOf(transitsOn(continent).slice(-4), 2, random),
      },
    ]),
    origin: { city: 'iad', asn: 64501, providers: ['t1', 't2'] },
    root: { city: 'fra', asn: 64502, providers: ['t1', 't2'] },
  };
}

function regionalTransits(routers: number, random: Random): Regional[] {
  const regionals: Regional[] = [];
  for (let left = routers; left > 0; ) {
    const continent = someContinent(random);
    const size = Math.min(left, 1 + Math.floor(random() * LARGEST_REGIONAL));
    const cities = someOf([...CITIES[continent]], size, random);
    regionals.push({ name: `r${regionals.length + 1}`, continent, routers: cities });
    left -= cities.length;
  }
  return regionals;
}

/** Two large providers, reached at the nearest hub of the continent from the network's first city. */
function uplinks({ name, continent, routers }: Regional, hubs: string[], random: Random) {
  const first = routers[0] ?? '';
  const hub = [first, ...HUBS_OF[continent]].find((city) => hubs.includes(city)) ?? hubs[0];
  const at = first === hub ? first : `${hub}-${first}`;
  return someOf(LARGE_TRANSITS, 2, random).map((provider) => ({ provider, customer: name, at: [at] }));
}

/** Each network peers with the next one that has a router in one of its cities, in a third of the cases. */
function regionalPeerings(regionals: Regional[], random: Random) {
  return regionals.flatMap((a, i) => {
    const b = regionals.slice(i + 1).find((other) => other.routers.some((city) => a.routers.includes(city)));
    const city = a.routers.find((each) => b?.routers.includes(each));
    return b && city && random() < 1 / 3 ? [{ peers: [a.name, b.name] as [string, string], at: [city] }] : [];
  });
}

/** `count` entries, each in some city; `entry` is told how many stand there with it, and its position. */
function places<T>(
  count: number,
  random: Random,
  entry: (continent: Continent, city: string, standing: number, i: number) => [string, T],
): Record<string, T> {
  const standing = new Map<string, number>();
  const entries = Array.from({ length: count }, (_, i) => {
    const continent = someContinent(random);
    const city = someOf([...CITIES[continent]], 1, random)[0] ?? '';
    standing.set(city, (standing.get(city) ?? 0) + 1);
    return entry(continent, city, standing.get(city) ?? 1, i);
  });
  return Object.fromEntries(entries);
}

function ringWithChords(cities: string[]): string[] {
  const chords = cities.slice(2, -1).map((city) => `${cities[0]}-${city}`);
  const closing = cities.length > 2 ? [`${cities[0]}-${cities.at(-1)}`] : [];
  return [...chain(cities), ...closing, ...chords];
}

function chain(cities: string[]): string[] {
  return cities.slice(1).map((city, i) => `${cities[i]}-${city}`);
}

function pairsOf(names: string[]): [string, string][] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
}

function someContinent(random: Random): Continent {
  let draw = random();
  for (const [continent, share] of SHARES) {
    if (draw < share) return continent;
    draw -= share;
  }
  return 'EU';
}

/** Up to `count` different ones, in random order. */
function someOf<T>(values: readonly T[], count: number, random: Random): T[] {
  const left = [...values];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0] as T,
  );
}
