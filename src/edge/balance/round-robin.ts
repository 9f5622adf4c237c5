// Weighted round-robin, smooth as in nginx: each turn everybody gains its weight, the richest is chosen and pays the
// sum of all. Weights 5, 1, 1 give a a b a c a a instead of a a a a a b c.

import type { Balancer } from './balancer.ts';

export function createRoundRobin(): Balancer {
  const credit = new Map<string, number>();
  return {
    choose(_key, usable) {
      let total = 0;
      let chosen: (typeof usable)[number] | undefined;
      let most = Number.NEGATIVE_INFINITY;
      for (const member of usable) {
        const gained = (credit.get(member.name) ?? 0) + member.weight;
        credit.set(member.name, gained);
        total += member.weight;
        if (gained > most) {
          most = gained;
          chosen = member;
        }
      }
      if (!chosen) return undefined;
      credit.set(chosen.name, most - total);
      return { member: chosen, reason: 'round-robin' };
    },
  };
}
