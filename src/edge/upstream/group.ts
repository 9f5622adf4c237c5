// Choosing among the members of one tier: those up, with a closed circuit and not tried yet, of the best priority;
// members at their limit only when all are. The choice says its reason.

import type { Balancer } from '../balance/balancer.ts';
import type { Member } from './member.ts';

export interface GroupChoice {
  member: Member;
  reason: string;
}

export class Group {
  readonly members: readonly Member[];
  /** One per priority: round-robin must not spend a turn on members of another. */
  readonly #balancers = new Map<number, Balancer>();
  readonly #priorities: readonly number[];

  readonly #failOpen: boolean;

  /** `failOpen`: when all are down by their checks, try them all the same, since the check may be what is wrong. */
  constructor(
    members: readonly Member[],
    failOpen: boolean,
    balancerFor: (members: readonly Member[]) => Balancer,
  ) {
    this.members = members;
    this.#failOpen = failOpen;
    this.#priorities = [...new Set(members.map(({ spec }) => spec.priority))].sort((a, b) => a - b);
    for (const priority of this.#priorities)
      this.#balancers.set(priority, balancerFor(members.filter(({ spec }) => spec.priority === priority)));
  }

  /** `allowed` says which members this request may use; undefined when none of them is usable. */
  choose(key: string, nowMs: number, allowed: (member: Member) => boolean): GroupChoice | undefined {
    const usable = this.members.filter((member) => allowed(member) && member.admits(nowMs));
    const up = usable.filter(({ isUp }) => isUp);
    const choice = this.#byPriority(key, nowMs, up);
    if (choice || !this.#failOpen) return choice;
    return suffixed(this.#byPriority(key, nowMs, usable), 'all are down by their checks');
  }

  #byPriority(key: string, nowMs: number, usable: readonly Member[]): GroupChoice | undefined {
    const [best] = this.#priorities;
    for (const priority of this.#priorities) {
      const level = usable.filter(({ spec }) => spec.priority === priority);
      if (level.length === 0) continue;
      const free = level.filter(({ gate }) => !gate.full);
      const choice = this.#balancers.get(priority)?.choose(key, free.length > 0 ? free : level, nowMs);
      if (choice) return priority === best ? choice : suffixed(choice, `backup (priority ${priority})`);
    }
    return undefined;
  }
}

function suffixed(choice: GroupChoice | undefined, note: string): GroupChoice | undefined {
  return choice && { ...choice, reason: `${choice.reason}; ${note}` };
}
