// A small Internet for steering tests: POPs, a GeoIP database written by our own writer, RTTs and health, compiled.

import { type CompiledSteering, compileSteering } from '../../../src/dns/steering/compile.ts';
import { explainSteering, type SteeringExplanation } from '../../../src/dns/steering/explain-steering.ts';
import type { PolicyRef, PolicySpec } from '../../../src/dns/steering/policy-spec.ts';
import { compileRtts } from '../../../src/dns/steering/rtt-overlay.ts';
import { RttTable } from '../../../src/dns/steering/rtt-table.ts';
import { type PopState, uncheckedPop } from '../../../src/dns/steering/snapshot.ts';
import { type Choice, Steering } from '../../../src/dns/steering/steering.ts';
import type { SteeringPop, SteeringRule, WhenAllDown } from '../../../src/dns/steering/steering-input.ts';
import { MmdbTree } from '../../../src/geoip/mmdb-tree.ts';
import { double, type MmdbValue, uint32 } from '../../../src/geoip/mmdb-value.ts';
import { writeMmdb } from '../../../src/geoip/mmdb-writer.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { type Prefix, parsePrefix } from '../../../src/net/prefix.ts';

export const NOW_MS = Date.UTC(2026, 0, 1);

export interface Place {
  at?: [latitude: number, longitude: number];
  country?: string;
  continent?: string;
  region?: string;
  asn?: number;
}

export const LONDON: Place = { at: [51.5, -0.1], country: 'GB', continent: 'EU' };
export const TOKYO: Place = { at: [35.7, 139.7], country: 'JP', continent: 'AS' };
export const OTTAWA: Place = { at: [45.4, -75.7], country: 'CA', continent: 'NA', region: 'ON' };

export const POPS: SteeringPop[] = [
  pop('fra', 50.11, 8.68, 'DE', 'EU', '203.0.113.2', '2001:db8:b000::2'),
  pop('iad', 39.04, -77.49, 'US', 'NA', '203.0.113.18', '2001:db8:b001::2'),
  pop('sin', 1.35, 103.99, 'SG', 'AS', '203.0.113.34'),
];

export interface World {
  pops?: SteeringPop[];
  policies?: Record<string, PolicySpec>;
  policy: PolicyRef;
  places?: Record<string, Place>;
  /** By prefix and POP. */
  rtts?: Record<string, Record<string, number>>;
  rttAgeSeconds?: number;
  states?: Record<string, Partial<PopState>>;
  down?: string[];
  ttl?: SteeringRule['ttl'];
  whenAllDown?: WhenAllDown;
}

export interface Scene {
  steering: Steering;
  compiled: CompiledSteering;
  city: MmdbTree;
  rtts: RttTable;
  /** For a client address or prefix. */
  choose(client: string, family?: 4 | 6): Choice & { scopePrefixLength: number };
  explain(client: string, family?: 4 | 6): SteeringExplanation;
}

export function scene(world: World): Scene {
  const pops = world.pops ?? POPS;
  const geoip = database(world.places ?? {});
  const compiled = compileSteering({
    pops,
    anycast: {
      ipv4: parseAddress('192.0.2.1') as Uint8Array,
      ipv6: parseAddress('2001:db8:a000::1') as Uint8Array,
    },
    policies: world.policies ?? {},
    rules: [
      {
        name: 'www.cdn.test',
        policy: world.policy,
        ttl: world.ttl ?? { minSeconds: 5, maxSeconds: 60 },
        whenAllDown: world.whenAllDown,
      },
    ],
    geoip,
  });
  const steering = new Steering(compiled);
  steering.setSnapshot({ serial: 1, pops: states(pops, world) });
  const rtts = rttTable(world.rtts ?? {}, world.rttAgeSeconds ?? 5);
  steering.setRtts(
    compileRtts(
      rtts,
      pops.map(({ name }) => name),
      NOW_MS,
    ),
  );
  const city = new MmdbTree(geoip);
  return {
    steering,
    compiled,
    city,
    rtts,
    choose: (client, family = 4) => {
      const choice = steering.choose(0, family, addressOf(client));
      return { ...choice, scopePrefixLength: steering.scopePrefixLength };
    },
    explain: (client, family = 4) => explainSteering(steering, { city, rtts }, 0, family, addressOf(client)),
  };
}

export function states(pops: readonly SteeringPop[], world: Pick<World, 'states' | 'down'>): PopState[] {
  return pops.map(({ name }) => ({
    ...uncheckedPop(name),
    health: 'up' as const,
    reason: 'HTTP 200',
    ...(world.down?.includes(name) && { health: 'down', usable: false, reason: 'timeout after 1000 ms' }),
    ...world.states?.[name],
  }));
}

export function database(places: Record<string, Place>): Uint8Array {
  const entries = Object.entries(places).map(([text, place]) => ({
    prefix: prefixOf(text),
    record: record(place),
  }));
  return writeMmdb(entries, { databaseType: 'GeoLite2-City', description: 'test' });
}

export function addressOf(text: string): Uint8Array {
  const address = parseAddress(text) ?? parsePrefix(text)?.bytes;
  if (!address) throw new TypeError(text);
  return address;
}

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (!prefix) throw new TypeError(text);
  return prefix;
}

function record({ at, country, continent, region, asn }: Place): MmdbValue {
  return {
    ...(at && {
      city: { names: { en: 'Somewhere' } },
      location: { latitude: double(at[0]), longitude: double(at[1]) },
    }),
    ...(country && { country: { iso_code: country } }),
    ...(continent && { continent: { code: continent } }),
    ...(region && { subdivisions: [{ iso_code: region }] }),
    ...(asn !== undefined && { autonomous_system_number: uint32(asn) }),
  };
}

function rttTable(rtts: NonNullable<World['rtts']>, ageSeconds: number): RttTable {
  const table = new RttTable();
  for (const name of new Set(Object.values(rtts).flatMap((byPop) => Object.keys(byPop)))) {
    const entries = Object.entries(rtts).flatMap(([text, byPop]) => {
      const rttMs = byPop[name];
      const prefix = prefixOf(text);
      return rttMs === undefined
        ? []
        : [{ prefix, rttMs, measuredAtMs: NOW_MS - ageSeconds * 1000, samples: 3 }];
    });
    table.setPop(name, entries);
  }
  return table;
}

export function pop(
  name: string,
  latitude: number,
  longitude: number,
  country: string,
  continent: string,
  ipv4?: string,
  ipv6?: string,
): SteeringPop {
  return {
    name,
    code: name,
    latitude,
    longitude,
    country,
    continent,
    ...(ipv4 && { ipv4: parseAddress(ipv4) }),
    ...(ipv6 && { ipv6: parseAddress(ipv6) }),
  };
}
