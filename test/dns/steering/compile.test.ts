import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSteering } from '../../../src/dns/steering/compile.ts';
import type { PolicyRef } from '../../../src/dns/steering/policy-spec.ts';
import { compileRtts } from '../../../src/dns/steering/rtt-overlay.ts';
import { RttTable } from '../../../src/dns/steering/rtt-table.ts';
import { Steering } from '../../../src/dns/steering/steering.ts';
import { walkCatchment } from '../../../src/dns/steering/walk-catchment.ts';
import { walkPrefixes } from '../../../src/dns/steering/walk-prefixes.ts';
import { formatAddress } from '../../../src/net/ip-address.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../../../src/net/prefix.ts';
import { addressOf, database, LONDON, OTTAWA, POPS, scene, TOKYO } from './support.ts';

const ttl = { minSeconds: 5, maxSeconds: 60 };

function compiled(policies: PolicyRef[], places = {}) {
  const rules = policies.map((policy, i) => ({ name: `n${i}`, policy, ttl }));
  return compileSteering({ pops: POPS, anycast: {}, policies: {}, rules, geoip: database(places) });
}

describe('compiling', () => {
  it('makes one table for policies that read the same facts', () => {
    const { tables } = compiled([
      'nearest',
      'latency',
      { type: 'failover', steps: ['fra', 'nearest'] },
      { type: 'weighted', policy: { type: 'nearest', limit: 3 } },
      { type: 'nearest', limit: 1 },
    ]);
    expect(tables.map(({ type }) => type)).toEqual(['rtt', 'nearest', 'nearest']);
  });

  it('merges neighbouring prefixes whose POPs are in the same order', () => {
    const near = { ...LONDON, at: [51.6, -0.2] as [number, number] };
    const steering = new Steering(
      compiled(['nearest'], { '10.0.0.0/24': LONDON, '10.0.1.0/24': near, '10.0.2.0/23': TOKYO }),
    );
    steering.choose(0, 4, addressOf('10.0.0.1'));
    expect(steering.scopePrefixLength).toBe(23);
  });

  it('takes AS numbers from a database of their own when there is one', () => {
    const input = {
      pops: POPS,
      anycast: {},
      policies: {},
      rules: [
        { name: 'a', policy: { type: 'map', rules: { 'asn:64500': 'sin' }, otherwise: 'fra' } as const, ttl },
      ],
      geoip: database({ '10.0.0.0/8': { ...LONDON, asn: 64500 } }),
    };
    const client = addressOf('10.0.0.1');
    expect(new Steering(compileSteering(input)).choose(0, 4, client).pops).toEqual(['sin']);
    const asn = database({ '10.0.0.0/9': { asn: 64501 } });
    expect(new Steering(compileSteering({ ...input, asn })).choose(0, 4, client).pops).toEqual(['fra']);
  });

  it('refuses what the check refuses', () => {
    expect(() => compiled(['nearset'])).toThrow('no policy nearset');
  });

  it('refuses bytes that are no database', () => {
    const rules = [{ name: 'a', policy: 'nearest', ttl }];
    const input = { pops: POPS, anycast: {}, policies: {}, rules };
    expect(() => compileSteering({ ...input, geoip: new Uint8Array(1000) })).toThrow('not an MMDB file');
  });

  it('never hangs over a broken database, and its scopes are never longer than an address', () => {
    const good = database({ '10.0.0.0/8': LONDON, '10.1.0.0/24': TOKYO, '2001:db8::/32': OTTAWA });
    const rules = [{ name: 'a', policy: 'nearest', ttl }];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const geoip = Uint8Array.from(good);
        for (const [at, value] of changes) geoip[at] = value;
        try {
          const steering = new Steering(
            compileSteering({ pops: POPS, anycast: {}, policies: {}, rules, geoip }),
          );
          steering.choose(0, 4, addressOf('10.1.0.1'));
          expect(steering.scopePrefixLength).toBeLessThanOrEqual(32);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('gives data that threads share instead of copying', () => {
    const { port1, port2 } = new MessageChannel();
    const places = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`100.${i >> 8}.${i & 255}.0/24`, i % 2 ? LONDON : TOKYO]),
    );
    const original = compiled(['nearest'], places);
    port1.postMessage(original);
    const copy = receiveMessageOnPort(port2)?.message as typeof original;
    const [mine, theirs] = [original.compiled[1]?.table.nodes, copy.compiled[1]?.table.nodes] as [
      Int32Array,
      Int32Array,
    ];
    expect(mine.length).toBeGreaterThan(5000);
    Atomics.store(mine, 0, 4711);
    expect(theirs[0]).toBe(4711);
    port1.close();
  });
});

describe('RTTs', () => {
  it('replace those before, and forget what they decided', () => {
    const { steering } = scene({
      policy: 'latency',
      places: { '10.0.0.0/8': LONDON },
      rtts: { '10.0.0.0/8': { sin: 5 } },
    });
    const client = addressOf('10.0.0.1');
    expect(steering.choose(0, 4, client).pops).toEqual(['sin']);
    steering.setRtts(compileRtts(new RttTable(), ['fra', 'iad', 'sin'], 0));
    expect(steering.choose(0, 4, client)).toMatchObject({ pops: ['fra'], reason: 'no-rtt-nearest-healthy' });
  });
});

describe('walks', () => {
  const places = { '10.0.0.0/9': LONDON, '10.128.0.0/9': TOKYO, '2001:db8::/32': OTTAWA };

  it('cover every address once, with the choice of each prefix', () => {
    const { steering } = scene({ policy: 'nearest', places });
    const walked = [...walkPrefixes(steering, 0, 4, 4)].map(({ choice, length }) => ({
      pop: choice.pops[0],
      length,
    }));
    expect(walked.reduce((sum, { length }) => sum + 2 ** -length, 0)).toBe(1);
    expect(walked.filter(({ length }) => length === 9).map(({ pop }) => pop)).toEqual(['fra', 'sin']);
    const six = [...walkPrefixes(steering, 0, 6, 6)].find(({ choice }) => choice.pops[0] === 'iad');
    expect(six).toMatchObject({ length: 32, scopePrefixLength: 32 });
  });

  it('leave IPv4 inside IPv6 out', () => {
    const { steering } = scene({ policy: 'nearest', places });
    expect([...walkPrefixes(steering, 0, 6, 6)].filter(({ length }) => length > 96)).toEqual([]);
  });

  it('of a catchment tell every prefix of the database with place, choice and distance', () => {
    const { steering, city } = scene({ policy: 'nearest', places });
    const parts: unknown[] = [];
    for (const clients of [4, 6] as const) {
      walkCatchment(
        steering,
        city,
        0,
        4,
        clients,
        ({ bytes, length, addresses, location, choice, distanceKm }) => {
          if (location.precision !== 'city') return;
          const network: Prefix = { bytes, length };
          parts.push([
            formatPrefix(network),
            addresses,
            location.country,
            choice.pops[0],
            Math.round(distanceKm ?? 0),
          ]);
        },
      );
    }
    expect(parts).toEqual([
      ['10.0.0.0/9', 2 ** 23, 'GB', 'fra', 636],
      ['10.128.0.0/9', 2 ** 23, 'JP', 'sin', 5304],
      ['2001:db8::/32', 2 ** 32, 'CA', 'iad', 722],
    ]);
  });

  it('of a catchment add up to all addresses, split by prefix rules and hashes', () => {
    const policy: PolicyRef = {
      type: 'map',
      rules: {
        'prefix:10.3.0.0/16': 'sin',
        'continent:AS': { type: 'weighted', weights: { fra: 1, iad: 1 } },
      },
    };
    const { steering, city } = scene({ policy, places });
    const sums = new Map<string, number>();
    let total = 0;
    walkCatchment(steering, city, 0, 4, 4, ({ addresses, choice }) => {
      const key = `${choice.pops[0]} ${choice.reason}`;
      sums.set(key, (sums.get(key) ?? 0) + addresses);
      total += addresses;
    });
    expect(total).toBe(2 ** 32);
    expect(sums.get('sin map-healthy')).toBe(2 ** 16);
    expect((sums.get('fra weighted-healthy') ?? 0) / 2 ** 23).toBeCloseTo(0.5, 1);
  });

  it('of a catchment sample the many networks of an IPv6 prefix', () => {
    const { steering, city } = scene({ policy: { type: 'weighted', weights: { fra: 1, iad: 1 } }, places });
    let networks = 0;
    walkCatchment(steering, city, 0, 6, 6, ({ location, addresses }) => {
      if (location.country === 'CA') networks += addresses;
    });
    expect(networks).toBe(2 ** 32);
  });
});

it('prefix rules of both families do not mix', () => {
  const policy: PolicyRef = {
    type: 'map',
    rules: { 'prefix:2001:db8::/32': 'sin', 'prefix:32.0.0.0/8': 'iad' },
    otherwise: 'fra',
  };
  const { choose } = scene({ policy });
  expect([choose('2001:db8::1').pops, choose('32.1.13.184').pops, choose('9.9.9.9').pops]).toEqual([
    ['sin'],
    ['iad'],
    ['fra'],
  ]);
  expect(formatAddress((parsePrefix('32.0.0.0/8') as Prefix).bytes)).toBe('32.0.0.0');
});
