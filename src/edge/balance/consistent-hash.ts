// Consistent hashing: the same key goes to the same member as long as it is usable, so that every object is cached
// once. When a member leaves only its own keys move, each to the member next to it on the ring.

import type { Balancer } from './balancer.ts';
import { HashRing, preferredOf } from './hash-ring.ts';

export function createConsistentHash(members: readonly { name: string; weight: number }[]): Balancer {
  const ring = new HashRing(members);
  return {
    choose(key, usable) {
      const [owner] = ring.preferred(key);
      for (const member of preferredOf(ring, key, usable)) {
        const reason = member.name === owner ? 'consistent-hash' : 'consistent-hash: owner not usable';
        return { member, reason };
      }
      return undefined;
    },
  };
}
