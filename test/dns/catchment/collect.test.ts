// The walk over compiled tables is held against the engine that answers queries: what it says of a prefix is what the
// engine answers its addresses.

import { describe, expect, it } from 'vitest';
import { collectGroups, collectPairs } from '../../../src/dns/catchment/collect.ts';
import { asGroup, compareCatchments } from '../../../src/dns/catchment/compare.ts';
import { viewPolicy } from '../../../src/dns/catchment/policy-view.ts';
import { summarizeCatchment } from '../../../src/dns/catchment/summarize.ts';
import { weighGroups } from '../../../src/dns/catchment/weigh-groups.ts';
import { compileSteering } from '../../../src/dns/steering/compile.ts';
import type { PolicyRef, PolicySpec } from '../../../src/dns/steering/policy-spec.ts';
import type { PopState, SteeringSnapshot } from '../../../src/dns/steering/snapshot.ts';
import { Steering } from '../../../src/dns/steering/steering.ts';
import { buildGeoDatabase } from '../../../src/geoip/build-database.ts';
import { MmdbTree } from '../../../src/geoip/mmdb-tree.ts';

const place = (name: string, country: string, continent: string, latitude: number, longitude: number) => ({
  name,
  country,
  continent,
  latitude,
  longitude,
});
const LONDON = place('London', 'GB', 'EU', 51.5, -0.1);
const TOKYO = place('Tokyo', 'JP', 'AS', 35.7, 139.7);
const BOSTON = place('Boston', 'US', 'NA', 42.4, -71.1);

const GEOIP = buildGeoDatabase([
  { prefix: '20.0.0.0/8', city: LONDON },
  { prefix: '21.0.0.0/9', city: TOKYO },
  { prefix: '21.128.0.0/12', city: BOSTON },
  { prefix: '21.144.0.0/20', city: TOKYO },
  { prefix: '2a00::/24', city: LONDON },
  { prefix: '2a01::/40', city: TOKYO },
]).bytes;
const TREE = new MmdbTree(GEOIP);

const pop = (name: string, latitude: number, longitude: number, index: number) => ({
  name,
  code: name,
  latitude,
  longitude,
  ipv4: Uint8Array.of(192, 0, 2, index),
  ipv6: Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), index]),
});
const POPS = [pop('fra', 50.1, 8.7, 1), pop('iad', 39, -77.5, 2), pop('sin', 1.4, 103.8, 3)];

function steeringOf(policy: PolicyRef, policies: Record<string, PolicySpec> = {}) {
  const rules = [{ name: 'www.cdn.test', policy, ttl: { minSeconds: 20, maxSeconds: 20 } }];
  return compileSteering({ pops: POPS, anycast: {}, policies, rules, geoip: GEOIP });
}

function health(states: Record<string, Partial<PopState>> = {}): SteeringSnapshot {
  const pops = POPS.map(({ name }): PopState => {
    const up = { health: 'up', usable: true, reason: '', sinceMs: 0, shedFraction: 0 } as const;
    return { pop: name, ...up, secondsToChange: Number.POSITIVE_INFINITY, ...states[name] };
  });
  return { serial: 1, pops };
}

const DOWN = { health: 'down', usable: false } as const;

function finish<Result>(steps: Generator<number, Result>): Result {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    expect(next.value).toBeLessThanOrEqual(1);
  }
}

function sharesOf(policy: PolicyRef, snapshot = health(), policies: Record<string, PolicySpec> = {}) {
  const view = viewPolicy(steeringOf(policy, policies), 0, snapshot, TREE, 4);
  const { groups } = finish(collectGroups(view, 4));
  const { pops } = summarizeCatchment(groups, weighGroups(groups, 4));
  return Object.fromEntries(pops.map(({ pop: name, share }) => [name, share]));
}

/** First address and size of blocks that cover the address space, none of which is divided by anything below. */
function samples(): [start: number, size: number][] {
  const blocks = (start: number, end: number, size: number): [number, number][] =>
    Array.from({ length: (end - start) / size }, (_, i) => [start + i * size, size]);
  return [
    ...blocks(0, 0x14_00_00_00, 2 ** 20),
    ...blocks(0x14_00_00_00, 0x14_01_00_00, 2 ** 16),
    ...blocks(0x14_01_00_00, 0x14_02_00_00, 2 ** 8),
    ...blocks(0x14_02_00_00, 0x14_10_00_00, 2 ** 16),
    ...blocks(0x14_10_00_00, 0x15_90_00_00, 2 ** 20),
    ...blocks(0x15_90_00_00, 0x15_a0_00_00, 2 ** 12),
    ...blocks(0x15_a0_00_00, 2 ** 32, 2 ** 20),
  ];
}

const KNOWN = 2 ** 24 + 2 ** 23 + 2 ** 20 + 2 ** 12;

describe('a policy over a GeoIP file', () => {
  it('counts every address once, by place', () => {
    const view = viewPolicy(steeringOf('nearest'), 0, health(), TREE, 4);
    const { groups, prefixes } = finish(collectGroups(view, 4));
    expect(groups.reduce((sum, group) => sum + group.addresses, 0)).toBe(2 ** 32);
    expect(groups.reduce((sum, group) => sum + group.prefixes, 0)).toBe(prefixes);
    const known = groups.filter((group) => group.known);
    expect(known.reduce((sum, group) => sum + group.addresses, 0)).toBe(KNOWN);
    expect(known.map(({ city, destinations }) => [city, destinations[0]?.pop])).toEqual([
      ['London', 'fra'],
      ['Tokyo', 'sin'],
      ['Boston', 'iad'],
    ]);
    expect(known[0]?.destinations[0]?.km).toBeCloseTo(637, -1);
  });

  it('counts IPv6 without the IPv4 addresses inside it', () => {
    const view = viewPolicy(steeringOf('nearest'), 0, health(), TREE, 6);
    const { groups } = finish(collectGroups(view, 6));
    const known = groups.filter((group) => group.known);
    expect(known.map(({ city, networks }) => [city, networks])).toEqual([
      ['London', 2 ** 24],
      ['Tokyo', 2 ** 8],
    ]);
  });

  const policies: [string, PolicyRef, SteeringSnapshot][] = [
    ['nearest', 'nearest', health()],
    ['nearest with a POP down', 'nearest', health({ fra: DOWN })],
    ['nearest with all down', 'nearest', health({ fra: DOWN, iad: DOWN, sin: DOWN })],
    [
      'a map with prefixes inside those of the file',
      {
        type: 'map',
        rules: { 'prefix:20.1.0.0/16': 'iad', 'prefix:20.1.2.0/23': 'sin', 'country:JP': 'fra' },
      },
      health(),
    ],
    [
      'failover of a map',
      {
        type: 'failover',
        steps: [{ type: 'map', rules: { 'continent:EU': 'iad' }, otherwise: 'sin' }, 'fra'],
      },
      health({ iad: DOWN }),
    ],
  ];
  for (const [what, policy, snapshot] of policies) {
    it(`says what the engine answers, and counts its scopes: ${what}`, () => {
      const steering = new Steering(steeringOf(policy));
      steering.setSnapshot(snapshot);
      const view = viewPolicy(steering.compiled, 0, snapshot, TREE, 4);
      const { groups, scopes } = finish(collectGroups(view, 4));
      const shares = new Map<string, number>();
      const networks = new Set<string>();
      for (const [start, size] of samples()) {
        const address = new Uint8Array(4);
        new DataView(address.buffer).setUint32(0, start);
        const choice = steering.choose(0, 4, address);
        const bits = steering.scopePrefixLength;
        networks.add(`${Math.floor(start / 2 ** (32 - bits))}/${bits}`);
        const key = choice.pops[0] ?? 'none';
        shares.set(key, (shares.get(key) ?? 0) + size);
      }
      const walked = new Map<string, number>();
      for (const group of groups) {
        const key = group.destinations[0]?.pop ?? 'none';
        walked.set(key, (walked.get(key) ?? 0) + group.addresses);
      }
      expect([...walked].sort()).toEqual([...shares].sort());
      expect(scopes).toBe(networks.size);
    });
  }

  it('takes hashes for the chances they are', () => {
    const weighted: PolicySpec = { type: 'weighted', weights: { fra: 3, iad: 1 } };
    expect(sharesOf(weighted)).toEqual({ fra: 0.75, iad: 0.25 });
    expect(sharesOf(weighted, health({ fra: DOWN }))).toEqual({ iad: 1 });
    const halves: PolicySpec = { type: 'weighted', policy: 'nearest', within: 2 };
    const shares = sharesOf(halves);
    const steering = new Steering(steeringOf(halves));
    let fra = 0;
    for (let i = 0; i < 65536; i++) {
      if (steering.choose(0, 4, Uint8Array.of(20, i >> 8, i & 255, 0)).pops[0] === 'fra') fra++;
    }
    expect(fra / 65536).toBeCloseTo(0.5, 1);
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(shares['fra']).toBeGreaterThan(0.3);
  });

  it('follows a shed load down the list, by its share', () => {
    const capacity: PolicySpec = { type: 'capacity', policy: ['fra', 'iad', 'sin'] };
    const shares = sharesOf(capacity, health({ fra: { shedFraction: 0.2 }, iad: { shedFraction: 0.5 } }));
    expect(shares['fra']).toBeCloseTo(0.8);
    expect(shares['iad']).toBeCloseTo(0.1);
    expect(shares['sin']).toBeCloseTo(0.1);
  });

  it('shares clients between several answers', () => {
    const shares = sharesOf({ type: 'multivalue', count: 2, policy: ['fra', 'iad', 'sin'] });
    expect(shares).toEqual({ fra: 0.5, iad: 0.5 });
  });
});

describe('two policies over a GeoIP file', () => {
  it('are compared prefix by prefix, by the finer of both', () => {
    const before = viewPolicy(steeringOf('nearest'), 0, health(), TREE, 4);
    const map: PolicySpec = { type: 'map', rules: { 'prefix:20.1.0.0/16': 'iad' } };
    const after = viewPolicy(steeringOf(map), 0, health(), TREE, 4);
    const pairs = finish(collectPairs(before, after, 4));
    const diff = compareCatchments(pairs, weighGroups(pairs.map(asGroup), 4));
    expect(diff.moves).toMatchObject([{ from: 'fra', to: 'iad', weight: 65536, prefixes: 1 }]);
    expect(pairs.reduce((sum, { addresses }) => sum + addresses, 0)).toBe(2 ** 32);
  });

  it('may stand on two files', () => {
    const moved = buildGeoDatabase([{ prefix: '20.0.0.0/9', city: TOKYO }]).bytes;
    const rules = [{ name: 'w', policy: 'nearest', ttl: { minSeconds: 1, maxSeconds: 1 } }];
    const steering = compileSteering({ pops: POPS, anycast: {}, policies: {}, rules, geoip: moved });
    const before = viewPolicy(steeringOf('nearest'), 0, health(), TREE, 4);
    const after = viewPolicy(steering, 0, health(), new MmdbTree(moved), 4);
    const pairs = finish(collectPairs(before, after, 4));
    const diff = compareCatchments(pairs, weighGroups(pairs.map(asGroup), 4));
    const toSingapore = diff.moves.find(({ from, to }) => from === 'fra' && to === 'sin');
    expect(toSingapore?.weight).toBe(2 ** 23);
  });
});
