// Hot-object spreading over any hashing balancer: a key asked for more often than the bound is no longer its owner's
// alone but shared by the first k members of the ring, the least loaded of them each time. One viral object then costs
// k copies and not one member.

import type { Balancer } from './balancer.ts';
import { HashRing, preferredOf } from './hash-ring.ts';
import { HotKeys } from './hot-keys.ts';

export interface HotSpreadOptions {
  /** A key is hot above this. */
  requestsPerSecond: number;
  /** Members that share a hot key. */
  members: number;
  /** Chosen when it is among them: the copy at hand costs no hop. */
  self?: string;
}

export function createHotSpread(
  members: readonly { name: string; weight: number }[],
  balancer: Balancer,
  options: HotSpreadOptions,
): Balancer {
  const ring = new HashRing(members);
  const keys = new HotKeys();
  return {
    choose(key, usable, nowMs) {
      if (keys.touch(key, nowMs) <= options.requestsPerSecond) return balancer.choose(key, usable, nowMs);
      const sharing = [...preferredOf(ring, key, usable)].slice(0, options.members);
      const self = sharing.find(({ name }) => name === options.self);
      let lightest = self ?? sharing[0];
      if (!lightest) return undefined;
      if (!self)
        for (const member of sharing)
          if (member.inFlight / member.weight < lightest.inFlight / lightest.weight) lightest = member;
      return { member: lightest, reason: `hot key, shared by ${sharing.length}` };
    },
  };
}
