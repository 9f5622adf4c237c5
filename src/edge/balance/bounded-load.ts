// Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018): nobody gets more than `factor`
// times its fair share of what is under way; a key whose owner is full goes to the next on the ring that is not. A
// factor near 1 spreads evenly and moves many keys, a large one is plain consistent hashing; 1.25 is usual.

import type { BalanceMember, Balancer } from './balancer.ts';
import { HashRing, preferredOf } from './hash-ring.ts';

export function createBoundedLoad(
  members: readonly { name: string; weight: number }[],
  factor: number,
): Balancer {
  const ring = new HashRing(members);
  return {
    choose(key, usable) {
      let first = true;
      for (const member of preferredOf(ring, key, usable)) {
        if (member.inFlight < loadBound(member, usable, factor))
          return { member, reason: first ? 'bounded-load' : 'bounded-load: owner full' };
        first = false;
      }
      return undefined;
    },
  };
}

/**
 * Requests a member may have under way: its weighted share of all of them and the one to come, times the factor, rounded
 * up. The bounds of all members together exceed what there is, so somebody always has room.
 */
export function loadBound(member: BalanceMember, usable: readonly BalanceMember[], factor: number): number {
  let inFlight = 1;
  let weight = 0;
  for (const other of usable) {
    inFlight += other.inFlight;
    weight += other.weight;
  }
  return Math.ceil((factor * inFlight * member.weight) / weight);
}
