// Least connections: whoever has the fewest requests under way for its weight, a slow member so getting fewer. With
// power of two choices only two members drawn by weight are compared (Mitzenmacher 2001): nearly as even, and edges
// that do not see each other's load do not all pick the same one.

import type { Random } from '../../base/random.ts';
import type { BalanceMember, Balancer } from './balancer.ts';

export function createLeastConnections(powerOfTwo: boolean, random: Random): Balancer {
  return {
    choose(_key, usable) {
      if (usable.length === 0) return undefined;
      if (!powerOfTwo || usable.length < 3)
        return { member: lightest(usable, random), reason: 'least-connections' };
      const first = drawByWeight(usable, random);
      const second = drawByWeight(
        usable.filter((member) => member !== first),
        random,
      );
      return { member: lightest([first, second], random), reason: 'least-connections of two' };
    },
  };
}

/** Load after one more request; ties by lot in proportion to weight, or the first would get all while nothing runs. */
function lightest<Member extends BalanceMember>(members: readonly Member[], random: Random): Member {
  const load = (member: Member) => member.inFlight / member.weight;
  let least = Number.POSITIVE_INFINITY;
  for (const member of members) least = Math.min(least, load(member));
  return drawByWeight(
    members.filter((member) => load(member) === least),
    random,
  );
}

function drawByWeight<Member extends BalanceMember>(members: readonly Member[], random: Random): Member {
  let left = random() * members.reduce((sum, { weight }) => sum + weight, 0);
  for (const member of members) {
    left -= member.weight;
    if (left < 0) return member;
  }
  return members[members.length - 1] as Member;
}
