import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steer } from '../../../src/dns/resolve.ts';
import type { SteeringRule } from '../../../src/dns/server-state.ts';
import type { SteeringDecision } from '../../../src/dns/steering/policy.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { maskBytes, parsePrefix } from '../../../src/net/prefix.ts';
import { type World, worldState } from '../support.ts';

const LONDON: [number, number] = [51.5, -0.1];
const TOKYO: [number, number] = [35.7, 139.7];

function decide(policy: string, world: World, client: string, type: 1 | 28 = 1): SteeringDecision {
  const state = worldState({ ...world, steering: { 'x.cdn.test': policy } });
  const rule = [...state.steering.values()][0] as SteeringRule;
  const prefix = parsePrefix(client);
  if (!prefix) throw new Error(client);
  return steer(state, rule, type, { address: prefix.bytes, prefixLength: prefix.length, from: 'ecs' });
}

const places = { '100.64.1.0/24': LONDON, '100.64.3.0/24': TOKYO };
const rtts = { '100.64.1.0/24': { 'pop-fra': 30, 'pop-iad': 20, 'pop-sin': 150 } };

describe('nearest', () => {
  it('takes the least distance and tells all distances', () => {
    const decision = decide('nearest', { places }, '100.64.1.0/24');
    expect(decision).toMatchObject({ pop: 'pop-fra', reason: 'nearest-healthy', scopePrefixLength: 24 });
    expect(
      decision.candidates.map(({ pop, distanceKm, passedOver }) => [pop, distanceKm, passedOver]),
    ).toEqual([
      ['pop-fra', 636, undefined],
      ['pop-iad', 5920, 'ranked after pop-fra'],
      ['pop-sin', 10858, 'ranked after pop-fra'],
    ]);
  });

  it('skips a POP that is down and says why', () => {
    const decision = decide('nearest', { places, down: ['pop-fra'] }, '100.64.1.0/24');
    expect(decision.pop).toBe('pop-iad');
    expect(decision.candidates[0]?.passedOver).toBe('down: timeout after 1000 ms');
  });

  it('skips a POP without an address of the family', () => {
    const decision = decide('nearest', { places }, '100.64.3.0/24', 28);
    expect(decision.pop).toBe('pop-fra');
    expect(decision.candidates.find(({ pop }) => pop === 'pop-sin')?.passedOver).toBe('no IPv6 address');
  });

  it('answers as if all were up when all are down, and says so', () => {
    const down = ['pop-fra', 'pop-iad', 'pop-sin'];
    const decision = decide('nearest', { places, down }, '100.64.3.0/24');
    expect(decision).toMatchObject({ pop: 'pop-sin', reason: 'nearest-all-down' });
    expect(decision.detail).toContain('all POPs are down');
  });

  it('takes the config`s order for a client without location', () => {
    expect(decide('nearest', {}, '9.9.9.0/24')).toMatchObject({ pop: 'pop-fra', reason: 'default-healthy' });
  });
});

describe('latency', () => {
  it('takes the least measured RTT, whatever the distance', () => {
    expect(decide('latency', { places, rtts }, '100.64.1.0/24')).toMatchObject({
      pop: 'pop-iad',
      reason: 'lowest-rtt-healthy',
      scopePrefixLength: 24,
    });
  });

  it('ranks POPs that have no entry after those that have', () => {
    const some = { '100.64.1.0/24': { 'pop-sin': 150 } };
    const decision = decide('latency', { places, rtts: some }, '100.64.1.0/24');
    expect(decision.candidates.map(({ pop }) => pop)).toEqual(['pop-sin', 'pop-fra', 'pop-iad']);
  });

  it('is nearest where nothing is measured', () => {
    const decision = decide('latency', { places, rtts }, '100.64.3.0/24');
    expect(decision).toMatchObject({ pop: 'pop-sin', reason: 'no-rtt-nearest-healthy' });
  });

  it('is nearest when all entries are stale, but shows them', () => {
    const decision = decide('latency', { places, rtts, rttAgeSeconds: 601 }, '100.64.1.0/24');
    expect(decision).toMatchObject({ pop: 'pop-fra', reason: 'no-rtt-nearest-healthy' });
    expect(decision.candidates[0]).toMatchObject({ rttMs: 30, rttStale: true });
  });

  it('prefers a stale entry to a guess', () => {
    const decision = decide('latency', { rtts, rttAgeSeconds: 601 }, '100.64.1.0/24');
    expect(decision).toMatchObject({ pop: 'pop-iad', reason: 'stale-rtt-healthy' });
  });

  it('goes to the next best RTT when the best POP is down', () => {
    expect(decide('latency', { places, rtts, down: ['pop-iad'] }, '100.64.1.0/24').pop).toBe('pop-fra');
  });

  it('has a scope that does not reach a neighbour with other RTTs', () => {
    // 100.64.0.0/16 is one place; only 100.64.1.0/24 in it is measured.
    const wide = { '100.64.0.0/16': LONDON };
    const decision = decide('latency', { places: wide, rtts }, '100.64.0.0/24');
    expect(decision).toMatchObject({ reason: 'no-rtt-nearest-healthy', scopePrefixLength: 24 });
    expect(decide('latency', { places: wide, rtts }, '100.64.128.0/24').scopePrefixLength).toBe(17);
  });
});

describe('the scope of an answer', () => {
  // The cache-safety rule (RFC 7871 section 7.2.1): who shares the scope gets the same answer.
  const byte = fc.nat(255);
  const prefix = fc
    .tuple(byte, byte, byte, fc.integer({ min: 4, max: 24 }))
    .map(
      ([a, b, c, length]) =>
        `${formatAddress(maskBytes(Uint8Array.of(a % 8, b % 4, c % 4, 0), length))}/${length}`,
    );
  const place = fc.constantFrom(LONDON, TOKYO, [39, -77] as [number, number]);
  const rtt = fc.record(
    { 'pop-fra': fc.nat(3), 'pop-iad': fc.nat(3), 'pop-sin': fc.nat(3) },
    { requiredKeys: [] },
  );

  it.each(['nearest', 'latency'])('holds for everyone inside it: %s', (policy) => {
    fc.assert(
      fc.property(
        fc.dictionary(prefix, rtt, { maxKeys: 8 }),
        fc.tuple(byte, byte, byte),
        fc.tuple(byte, byte, byte),
        place,
        (measured, a, b, here) => {
          // Every address is in one of two places, split at 2.0.0.0/7.
          const world = {
            places: { '0.0.0.0/7': here, '2.0.0.0/7': TOKYO, '4.0.0.0/6': LONDON },
            rtts: measured,
          };
          const one = Uint8Array.of(a[0] % 8, a[1] % 4, a[2] % 4, 1);
          const first = decide(policy, world, `${formatAddress(one)}/32`);
          const scope = first.scopePrefixLength as number;
          expect(scope).toBeGreaterThan(0);
          const shared = maskBytes(one, scope);
          const other = Uint8Array.of(b[0] % 8, b[1] % 4, b[2] % 4, 1).map((value, i) => {
            const mask = (maskBytes(new Uint8Array(4).fill(255), scope)[i] ?? 0) & 0xff;
            return (shared[i] ?? 0) | (value & ~mask & 0xff);
          });
          const second = decide(policy, world, `${formatAddress(other)}/32`);
          expect(second.pop).toBe(first.pop);
          expect(second.scopePrefixLength).toBe(scope);
        },
      ),
      { numRuns: 1000, seed: 6 },
    );
  });
});

describe('anycast and one POP', () => {
  it('heed no health', () => {
    const down = ['pop-fra', 'pop-iad', 'pop-sin'];
    expect(decide('anycast', { down }, '9.9.9.0/24')).toMatchObject({
      reason: 'anycast',
      scopePrefixLength: 0,
    });
    const fixed = decide('pop:pop-sin', { down }, '9.9.9.0/24');
    expect(fixed).toMatchObject({ pop: 'pop-sin', reason: 'fixed-pop-down', scopePrefixLength: 0 });
    expect(fixed.address).toEqual(parseAddress('203.0.113.34'));
  });
});
