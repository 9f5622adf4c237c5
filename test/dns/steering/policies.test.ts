import { describe, expect, it } from 'vitest';
import type { PolicyRef } from '../../../src/dns/steering/policy-spec.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { LONDON, OTTAWA, POPS, pop, scene, TOKYO } from './support.ts';

const places = { '100.64.1.0/24': LONDON, '100.64.3.0/24': TOKYO };
const rtts = { '100.64.1.0/24': { fra: 30, iad: 20, sin: 150 } };

describe('nearest', () => {
  it('takes the least distance and tells all distances', () => {
    const it = scene({ policy: 'nearest', places });
    expect(it.choose('100.64.1.0')).toMatchObject({
      pops: ['fra'],
      reason: 'nearest-healthy',
      scopePrefixLength: 24,
    });
    expect(
      it.explain('100.64.1.0').candidates.map((each) => [each.name, each.distanceKm, each.passedOver]),
    ).toEqual([
      ['fra', 636, undefined],
      ['iad', 5920, 'ranked after fra'],
      ['sin', 10858, 'ranked after fra'],
    ]);
  });

  it('skips a POP that is down and says why', () => {
    const it = scene({ policy: 'nearest', places, down: ['fra'] });
    expect(it.choose('100.64.1.0').pops).toEqual(['iad']);
    expect(it.explain('100.64.1.0').candidates[0]?.passedOver).toBe('down: timeout after 1000 ms');
  });

  it('skips a POP without an address of the family', () => {
    const it = scene({ policy: 'nearest', places });
    expect(it.choose('100.64.3.0', 6).pops).toEqual(['fra']);
    expect(it.explain('100.64.3.0', 6).candidates[0]).toMatchObject({
      name: 'sin',
      passedOver: 'no IPv6 address',
    });
  });

  it('knows only the country: POPs there first, then those of the continent', () => {
    const known = {
      ...places,
      '9.0.0.0/8': { country: 'US', continent: 'NA' },
      '8.0.0.0/8': { country: 'MY', continent: 'AS' },
    };
    const it = scene({ policy: 'nearest', places: known });
    expect(it.choose('9.1.1.1')).toMatchObject({ pops: ['iad'], reason: 'same-country-healthy' });
    expect(it.choose('8.1.1.1')).toMatchObject({ pops: ['sin'], reason: 'same-continent-healthy' });
  });

  it('knows nothing: config order', () => {
    const choice = scene({ policy: 'nearest', places }).choose('9.9.9.9');
    expect(choice).toMatchObject({ pops: ['fra'], reason: 'default-healthy' });
    expect(choice.scopePrefixLength).toBeGreaterThan(0);
  });

  it('works without a database at all, and still never says "for everybody"', () => {
    expect(scene({ policy: 'nearest' }).choose('9.9.9.9')).toMatchObject({
      pops: ['fra'],
      scopePrefixLength: 1,
    });
  });

  it('pulls clients by bias', () => {
    const policy: PolicyRef = { type: 'nearest', biasKm: { iad: 5400 } };
    expect(scene({ policy, places }).choose('100.64.1.0').pops).toEqual(['iad']);
    expect(
      scene({ policy: { type: 'nearest', biasKm: { iad: 5000 } }, places }).choose('100.64.1.0').pops,
    ).toEqual(['fra']);
  });

  it('ranks beyond its limit by distance from the first choice', () => {
    const pops = [...POPS, pop('lhr', 51.5, -0.4, 'GB', 'EU', '203.0.113.50')];
    const it = scene({ pops, policy: { type: 'nearest', limit: 1 }, places, down: ['lhr', 'fra', 'iad'] });
    expect(it.explain('100.64.1.0').candidates.map(({ name }) => name)).toEqual(['lhr', 'fra', 'iad', 'sin']);
  });
});

describe('all down', () => {
  const down = ['fra', 'iad', 'sin'];

  it('answers as if all were up', () => {
    expect(scene({ policy: 'nearest', places, down }).choose('100.64.3.0')).toMatchObject({
      pops: ['sin'],
      reason: 'nearest-all-down',
    });
  });

  it('answers with nothing when the rule says so', () => {
    const choice = scene({ policy: 'nearest', places, down, whenAllDown: 'none' }).choose('100.64.3.0');
    expect(choice).toMatchObject({ pops: [], addresses: [], reason: 'nearest-none' });
  });

  it('answers with the nearest whatever the policy', () => {
    const policy: PolicyRef = { type: 'failover', steps: ['fra', 'iad', 'sin'] };
    expect(scene({ policy, places, down, whenAllDown: 'nearest' }).choose('100.64.3.0')).toMatchObject({
      pops: ['sin'],
      reason: 'nearest-all-down',
    });
    expect(scene({ policy, places, down }).choose('100.64.3.0')).toMatchObject({
      pops: ['fra'],
      reason: 'failover-all-down',
    });
  });

  it('gives several answers where several were wanted', () => {
    const policy: PolicyRef = { type: 'multivalue', count: 2 };
    expect(scene({ policy, places, down }).choose('100.64.3.0').pops).toHaveLength(2);
  });
});

describe('latency', () => {
  it('takes the least RTT, whatever the distance', () => {
    const it = scene({ policy: 'latency', places, rtts });
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['iad'], reason: 'lowest-rtt-healthy' });
    expect(it.explain('100.64.1.0').candidates[0]).toMatchObject({
      name: 'iad',
      rttMs: 20,
      rttAgeSeconds: 5,
      rttStale: false,
    });
  });

  it('puts POPs without an entry behind, by distance', () => {
    const some = { '100.64.1.0/24': { sin: 200 } };
    const it = scene({ policy: 'latency', places, rtts: some, down: ['sin', 'fra'] });
    expect(it.explain('100.64.1.0').candidates.map(({ name }) => name)).toEqual(['sin', 'fra', 'iad']);
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['iad'], reason: 'lowest-rtt-healthy' });
  });

  it('is nearest where nothing is measured', () => {
    expect(scene({ policy: 'latency', places, rtts }).choose('100.64.3.0')).toMatchObject({
      pops: ['sin'],
      reason: 'no-rtt-nearest-healthy',
    });
  });

  it('is nearest when all entries are stale, but shows them', () => {
    const it = scene({ policy: 'latency', places, rtts, rttAgeSeconds: 601 });
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['fra'], reason: 'no-rtt-nearest-healthy' });
    expect(it.explain('100.64.1.0').candidates[0]).toMatchObject({ rttMs: 30, rttStale: true });
  });

  it('prefers a stale entry to a guess', () => {
    const it = scene({ policy: 'latency', rtts, rttAgeSeconds: 601 });
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['iad'], reason: 'stale-rtt-healthy' });
  });

  it('goes to the next best RTT when the best POP is down', () => {
    expect(scene({ policy: 'latency', places, rtts, down: ['iad'] }).choose('100.64.1.0').pops).toEqual([
      'fra',
    ]);
  });

  it('has a scope that does not reach a neighbour with other RTTs', () => {
    const it = scene({ policy: 'latency', places: { '100.64.0.0/16': LONDON }, rtts });
    expect(it.choose('100.64.0.0')).toMatchObject({
      reason: 'no-rtt-nearest-healthy',
      scopePrefixLength: 24,
    });
    expect(it.choose('100.64.128.0').scopePrefixLength).toBe(17);
  });

  it('merges neighbouring prefixes whose POPs are in the same order', () => {
    const wide = { '100.64.0.0/24': { fra: 10, iad: 20 }, '100.64.1.0/24': { fra: 30, iad: 90 } };
    expect(scene({ policy: 'latency', rtts: wide }).choose('100.64.1.0').scopePrefixLength).toBe(23);
  });
});

describe('map', () => {
  const policy: PolicyRef = {
    type: 'map',
    rules: {
      'continent:NA': 'iad',
      'country:CA': ['sin', 'iad'],
      'region:CA-ON': 'fra',
      'asn:64500': 'sin',
      'prefix:100.64.0.0/10': 'iad',
      'prefix:100.64.9.0/24': 'sin',
    },
    otherwise: 'nearest',
  };
  const world = {
    policy,
    places: {
      '1.0.0.0/24': OTTAWA,
      '1.0.1.0/24': { country: 'CA', continent: 'NA' },
      '1.0.2.0/24': { country: 'US', continent: 'NA' },
      '1.0.3.0/24': { ...OTTAWA, asn: 64500 },
      '1.0.4.0/24': TOKYO,
      '100.64.9.0/24': { ...OTTAWA, asn: 64500 },
    },
  };

  it.each([
    ['1.0.2.9', 'iad', 'continent'],
    ['1.0.1.9', 'sin', 'country before continent'],
    ['1.0.0.9', 'fra', 'region before country'],
    ['1.0.3.9', 'sin', 'AS number before region'],
    ['100.64.9.9', 'sin', 'longest prefix before all'],
    ['100.64.8.9', 'iad', 'prefix'],
    ['1.0.4.9', 'sin', 'otherwise'],
  ])('%s goes to %s: %s', (client, expected) => {
    expect(scene(world).choose(client).pops).toEqual([expected]);
  });

  it('says which kind of word matched', () => {
    const { steps } = scene(world).explain('1.0.3.9');
    expect(steps).toEqual(['no prefix rule matches', 'AS number: 64500', 'map: matched by asn']);
  });
});

describe('weighted', () => {
  const clients = Array.from({ length: 4000 }, (_, i) => `10.${i >> 8}.${i & 255}.7`);
  const count = (chosen: string[]) =>
    Object.fromEntries(POPS.map(({ name }) => [name, chosen.filter((pop) => pop === name).length]));
  const weights = { fra: 1, iad: 2, sin: 5 };
  const all = scene({ policy: { type: 'weighted', weights } });
  const chosen = clients.map((client) => all.choose(client).pops[0] as string);

  it('gives POPs clients in proportion to their weights', () => {
    const counts = count(chosen);
    expect(Math.abs((counts['fra'] as number) - 500)).toBeLessThan(80);
    expect(Math.abs((counts['iad'] as number) - 1000)).toBeLessThan(100);
    expect(Math.abs((counts['sin'] as number) - 2500)).toBeLessThan(120);
  });

  it('spreads the clients of a dead POP by weight and moves nobody else', () => {
    const without = scene({ policy: { type: 'weighted', weights }, down: ['sin'] });
    const after = clients.map((client) => without.choose(client).pops[0] as string);
    const moved = clients.flatMap((_, i) => (chosen[i] === after[i] ? [] : [after[i] as string]));
    expect(clients.every((_, i) => chosen[i] === 'sin' || chosen[i] === after[i])).toBe(true);
    expect((count(moved)['iad'] as number) / moved.length).toBeCloseTo(2 / 3, 1);
  });

  it('keeps a /24 and a /56 together, and says so in the scope', () => {
    expect(all.choose('10.0.1.1')).toMatchObject({ reason: 'weighted-healthy', scopePrefixLength: 24 });
    expect(all.choose('10.0.1.255').pops).toEqual(all.choose('10.0.1.1').pops);
    expect(all.choose('2001:db8::1').scopePrefixLength).toBe(56);
  });

  it('does not depend on the order of POPs in the configuration', () => {
    const turned = scene({
      pops: [...POPS].reverse(),
      policy: { type: 'weighted', weights: { sin: 5, iad: 2, fra: 1 } },
    });
    expect(clients.map((client) => turned.choose(client).pops[0])).toEqual(chosen);
  });

  it('chooses only among the best of its policy', () => {
    const policy: PolicyRef = { type: 'weighted', policy: 'nearest', within: 2 };
    const near = scene({ policy, places: { '10.0.0.0/8': LONDON } });
    const pops = new Set(clients.map((client) => near.choose(client).pops[0]));
    expect(pops).toEqual(new Set(['fra', 'iad']));
    const dead = scene({
      policy,
      places,
      down: ['fra', 'iad'],
    });
    expect(dead.choose('100.64.1.0').pops).toEqual(['sin']);
  });

  it('gives a POP of weight 0 clients only when all others are down', () => {
    const policy: PolicyRef = { type: 'weighted', weights: { fra: 1, iad: 0 } };
    expect(scene({ policy }).choose('10.0.0.0').pops).toEqual(['fra']);
    expect(scene({ policy, down: ['fra'] }).choose('10.0.0.0').pops).toEqual(['iad']);
  });
});

describe('failover', () => {
  const policies = { eu: { type: 'map' as const, rules: { 'continent:EU': 'fra' }, otherwise: ['sin'] } };
  const policy: PolicyRef = { type: 'failover', steps: ['eu', ['sin', 'fra'], 'nearest'] };

  it('goes through its steps in order, without repeats', () => {
    const it = scene({ policies, policy, places, down: ['fra', 'sin'] });
    expect(it.choose('100.64.1.0').pops).toEqual(['iad']);
    expect(it.explain('100.64.1.0').candidates.map(({ name }) => name)).toEqual(['fra', 'sin', 'iad']);
  });

  it('reads no more of the client than the step that answered', () => {
    const fixed: PolicyRef = { type: 'failover', steps: ['fra', 'nearest'] };
    expect(scene({ policy: fixed, places }).choose('100.64.1.0')).toMatchObject({
      pops: ['fra'],
      reason: 'failover-healthy',
      scopePrefixLength: 1,
    });
    expect(scene({ policy: fixed, places, down: ['fra'] }).choose('100.64.3.0').scopePrefixLength).toBe(24);
  });

  it('of POPs alone is the same for everybody', () => {
    const it = scene({ policy: { type: 'failover', steps: ['fra', 'iad'] }, places, down: ['fra'] });
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['iad'], scopePrefixLength: 0 });
  });
});

describe('capacity', () => {
  const clients = Array.from({ length: 2000 }, (_, i) => `100.${i >> 8}.${i & 255}.1`);
  const world = {
    policy: { type: 'capacity', policy: 'nearest' } as PolicyRef,
    places: { '100.0.0.0/8': LONDON },
  };
  const at = (shedFraction: number) => {
    const it = scene({ ...world, states: { fra: { shedFraction } } });
    return clients.map((client) => it.choose(client).pops[0]);
  };

  it('moves the stated share of client networks to the next POP, and a larger share moves none back', () => {
    const [none, some, more, all] = [at(0), at(0.2), at(0.5), at(1)];
    expect(none.every((pop) => pop === 'fra')).toBe(true);
    expect(some.filter((pop) => pop === 'iad').length / clients.length).toBeCloseTo(0.2, 1);
    expect(more.filter((pop) => pop === 'iad').length / clients.length).toBeCloseTo(0.5, 1);
    expect(some.every((pop, i) => pop === 'fra' || more[i] === 'iad')).toBe(true);
    expect(all.every((pop) => pop === 'iad')).toBe(true);
  });

  it('says so, with the scope of the hash', () => {
    const it = scene({ ...world, states: { fra: { shedFraction: 0.5 } } });
    const moved = clients.find((client) => it.choose(client).pops[0] === 'iad') as string;
    expect(it.choose(moved)).toMatchObject({ reason: 'nearest-shed', scopePrefixLength: 24 });
    expect(it.explain(moved).candidates[0]).toMatchObject({
      name: 'fra',
      passedOver: 'it sheds this client network',
    });
  });

  it('hashes nothing while no POP sheds', () => {
    expect(scene(world).choose('100.1.1.1').scopePrefixLength).toBe(8);
  });

  it('leaves a client with its first choice when every POP sheds', () => {
    const full = { shedFraction: 1 };
    const it = scene({ ...world, states: { fra: full, iad: full, sin: full } });
    expect(it.choose('100.1.1.1')).toMatchObject({ pops: ['fra'], reason: 'nearest-all-shed' });
  });
});

describe('regional', () => {
  const policy: PolicyRef = {
    type: 'regional',
    regions: {
      west: { ipv4: '198.51.100.1', pops: ['fra', 'iad'], where: ['country:JP'] },
      east: { ipv4: '198.51.100.2', pops: ['sin'] },
    },
  };
  const spots = {
    '1.0.0.0/24': LONDON,
    '1.0.1.0/24': TOKYO,
    '1.0.2.0/24': { at: [3, 101] as [number, number], country: 'MY' },
  };

  it.each([
    ['1.0.0.1', '198.51.100.1', 'by the nearest POP'],
    ['1.0.1.1', '198.51.100.1', 'by the words of `where`'],
    ['1.0.2.1', '198.51.100.2', 'by the nearest POP'],
  ])('%s is answered %s: %s', (client, expected) => {
    const choice = scene({ policy, places: spots }).choose(client);
    expect(choice.addresses.map(formatAddress)).toEqual([expected]);
    expect(choice).toMatchObject({ pops: [], reason: 'regional-healthy' });
  });

  it('lives while a POP of the region does, then the region of the next nearest POP follows', () => {
    const one = scene({ policy, places: spots, down: ['fra'] });
    expect(one.choose('1.0.0.1').addresses.map(formatAddress)).toEqual(['198.51.100.1']);
    const both = scene({ policy, places: spots, down: ['fra', 'iad'] });
    expect(both.choose('1.0.0.1').addresses.map(formatAddress)).toEqual(['198.51.100.2']);
  });
});

describe('multivalue', () => {
  it('gives several healthy answers, best first', () => {
    const it = scene({ policy: { type: 'multivalue', count: 2 }, places, down: ['fra'] });
    expect(it.choose('100.64.1.0')).toMatchObject({ pops: ['iad', 'sin'], reason: 'nearest-healthy' });
    expect(it.choose('100.64.1.0').addresses).toHaveLength(2);
  });

  it('inside a failover step is content with the answers of that step', () => {
    const policy: PolicyRef = {
      type: 'failover',
      steps: [{ type: 'multivalue', count: 2, policy: { type: 'failover', steps: ['fra', 'sin'] } }, 'iad'],
    };
    expect(scene({ policy, down: ['sin'] }).choose('1.1.1.1').pops).toEqual(['fra']);
    expect(scene({ policy, down: ['sin', 'fra'] }).choose('1.1.1.1').pops).toEqual(['iad']);
  });
});

describe('anycast and one POP', () => {
  it('heed no health', () => {
    const down = ['fra', 'iad', 'sin'];
    expect(scene({ policy: 'anycast', down }).choose('9.9.9.0')).toMatchObject({
      pops: [],
      reason: 'anycast',
      scopePrefixLength: 0,
      ttlSeconds: 60,
    });
    const fixed = scene({ policy: 'pop:sin', down }).choose('9.9.9.0');
    expect(fixed).toMatchObject({ pops: ['sin'], reason: 'fixed-pop-down', scopePrefixLength: 0 });
    expect(fixed.addresses).toEqual([parseAddress('203.0.113.34')]);
    expect(scene({ policy: 'pop:sin' }).choose('9.9.9.0').reason).toBe('fixed-pop');
  });

  it('have no answer in a family without an address', () => {
    const it = scene({ policy: 'pop:sin' });
    expect(it.choose('9.9.9.0', 6)).toMatchObject({ addresses: [], reason: 'no-address' });
    expect(it.steering.families(0)).toEqual({ ipv4: true, ipv6: false });
    expect(scene({ policy: 'nearest' }).steering.families(0)).toEqual({ ipv4: true, ipv6: true });
  });

  it('can be steps of others', () => {
    const policy: PolicyRef = { type: 'map', rules: { 'continent:EU': 'anycast' }, otherwise: 'nearest' };
    expect(scene({ policy, places }).choose('100.64.1.0').reason).toBe('anycast');
    expect(scene({ policy, places }).choose('100.64.3.0').pops).toEqual(['sin']);
  });
});

describe('the TTL', () => {
  it.each([
    [3, 5, "5 s: fra could change in 3 s, raised to the least of the rule's 5 to 60 s"],
    [12.5, 12, "12 s: fra could change in 12.5 s, within the rule's 5 to 60 s"],
    [300, 60, "60 s: fra could change in 300 s, lowered to the most of the rule's 5 to 60 s"],
  ])('of a POP that could change in %s s is %s', (secondsToChange, ttlSeconds, words) => {
    const it = scene({ policy: 'nearest', places, states: { fra: { secondsToChange } } });
    expect(it.choose('100.64.1.0').ttlSeconds).toBe(ttlSeconds);
    expect(it.explain('100.64.1.0').ttl).toBe(words);
  });

  it('heeds POPs that were passed over, and no others', () => {
    const it = scene({
      policy: 'nearest',
      places,
      down: ['fra'],
      states: { fra: { secondsToChange: 7 }, iad: { secondsToChange: 20 }, sin: { secondsToChange: 6 } },
    });
    expect(it.choose('100.64.1.0').ttlSeconds).toBe(7);
    expect(it.choose('100.64.3.0').ttlSeconds).toBe(6);
  });
});
