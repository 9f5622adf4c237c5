// What every server under test serves: one zone, one name answered by place, four POPs by continent, and 10 000 client
// networks that ask. One description here, from which each server's own configuration is written.

import { seededRandom } from '../../src/base/random.ts';

export const ZONE = 'bench.test';
/** The name answered by place. */
export const NAME = `www.${ZONE}`;
export const TTL_SECONDS = 30;

export interface BenchPop {
  name: string;
  /** Loopback addresses, so that health checks can reach them. */
  ipv4: string;
  /** Continents (GeoLite2 codes) whose clients it is first for. */
  continents: readonly string[];
  country: string;
  latitude: number;
  longitude: number;
}

/** The first is everybody's whose continent is not known. */
export const POPS: readonly BenchPop[] = [
  { name: 'na', ipv4: '127.0.77.1', continents: ['NA'], country: 'US', latitude: 39.04, longitude: -77.49 },
  {
    name: 'eu',
    ipv4: '127.0.77.2',
    continents: ['EU', 'AF'],
    country: 'DE',
    latitude: 50.11,
    longitude: 8.68,
  },
  {
    name: 'as',
    ipv4: '127.0.77.3',
    continents: ['AS', 'OC'],
    country: 'SG',
    latitude: 1.35,
    longitude: 103.82,
  },
  { name: 'sa', ipv4: '127.0.77.4', continents: ['SA'], country: 'BR', latitude: -23.55, longitude: -46.63 },
];

/** POPs in the order that clients of a POP's continents get them: the POP, then the others as listed. */
export function orderFrom(first: BenchPop): string[] {
  return [first, ...POPS.filter((pop) => pop !== first)].map((pop) => pop.name);
}

/** The part of the zone that has nothing to do with places, in master-file syntax. */
export function staticZone(): string {
  return [
    `$ORIGIN ${ZONE}.`,
    `$TTL ${TTL_SECONDS}`,
    '@ IN SOA ns1 hostmaster 1 7200 3600 1209600 60',
    '@ IN NS ns1',
    'ns1 IN A 127.0.0.1',
    '',
  ].join('\n');
}

export interface ClientNetwork {
  address: Uint8Array;
  prefixLength: number;
}

/** The networks of the query set: /24 prefixes drawn evenly from unicast space, the same in every run. */
export function clientNetworks(count = 10_000): ClientNetwork[] {
  const random = seededRandom(7871);
  const seen = new Set<number>();
  while (seen.size < count) {
    const network = Math.floor(random() * 2 ** 24);
    const first = network >>> 16;
    if (first > 0 && first !== 10 && first !== 127 && first < 224) seen.add(network);
  }
  return [...seen].map((network) => ({
    address: Uint8Array.of(network >>> 16, (network >>> 8) & 255, network & 255, 0),
    prefixLength: 24,
  }));
}

/** The same of IPv6: /56 prefixes of what the registries have given out, without the tunnels (2001::/32, 2002::/16). */
export function clientNetworks6(count = 2000): ClientNetwork[] {
  const random = seededRandom(3849);
  const blocks = [0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00, 0x2001];
  return Array.from({ length: count }, () => {
    const address = new Uint8Array(16);
    const block = blocks[Math.floor(random() * blocks.length)] as number;
    address.set([block >>> 8, block & 255], 0);
    // From 2001:200:: on are the registries' blocks.
    for (let i = 2; i < 7; i++)
      address[i] = i === 2 ? 2 + Math.floor(random() * 62) : Math.floor(random() * 256);
    return { address, prefixLength: 56 };
  });
}
