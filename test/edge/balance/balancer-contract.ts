// What every balancer must do, whatever its policy.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Balancer } from '../../../src/edge/balance/balancer.ts';

export interface LoadedMember {
  name: string;
  weight: number;
  inFlight: number;
}

export const membersOf = (...weights: number[]): LoadedMember[] =>
  weights.map((weight, i) => ({ name: `m${i}`, weight, inFlight: 0 }));

/** Requests per member over so many keys; `done` decides whether a request ends before the next comes. */
export function spread(
  balancer: Balancer,
  members: LoadedMember[],
  requests: number,
  done: (i: number) => boolean = () => true,
): Map<string, number> {
  const counts = new Map(members.map(({ name }) => [name, 0]));
  for (let i = 0; i < requests; i++) {
    const member = balancer.choose(`key-${i}`, members, i)?.member;
    if (!member) throw new Error('nobody chosen');
    counts.set(member.name, (counts.get(member.name) ?? 0) + 1);
    if (!done(i)) member.inFlight++;
  }
  return counts;
}

export function describeBalancer(name: string, create: (members: LoadedMember[]) => Balancer): void {
  describe(`${name} as a balancer`, () => {
    it('chooses only usable members, says why, and nobody when there is nobody', () => {
      const arbitraryMembers = fc.array(
        fc.record({ weight: fc.integer({ min: 1, max: 9 }), inFlight: fc.nat(50), usable: fc.boolean() }),
        { minLength: 1, maxLength: 8 },
      );
      fc.assert(
        fc.property(arbitraryMembers, fc.array(fc.string(), { maxLength: 20 }), (drawn, keys) => {
          const members = drawn.map((member, i) => ({ ...member, name: `m${i}` }));
          const balancer = create(members);
          const usable = members.filter((member) => member.usable);
          keys.forEach((key, i) => {
            const choice = balancer.choose(key, usable, i);
            if (usable.length === 0) expect(choice).toBeUndefined();
            else {
              expect(usable).toContain(choice?.member);
              expect(choice?.reason).toMatch(/^[a-z]/);
            }
          });
        }),
        { numRuns: 100 },
      );
    });

    it('uses everybody, in proportion to their weights', () => {
      const members = membersOf(1, 2, 1);
      const counts = [...spread(create(members), members, 8000).values()];
      for (const [i, share] of [0.25, 0.5, 0.25].entries()) {
        expect((counts[i] ?? 0) / 8000).toBeGreaterThan(share * 0.75);
        expect((counts[i] ?? 0) / 8000).toBeLessThan(share * 1.25);
      }
    });

    it('goes on with those left when one leaves, and uses it again when it is back', () => {
      const members = membersOf(1, 1, 1);
      const balancer = create(members);
      spread(balancer, members, 100);
      const without = spread(balancer, members.slice(1), 3000);
      expect(without.get('m0')).toBeUndefined();
      expect([...without.values()].every((count) => count > 600)).toBe(true);
      expect(spread(balancer, members, 3000).get('m0')).toBeGreaterThan(600);
    });
  });
}
