// POPs and policies listed in place of a policy, in order of preference: what a map's `[fra, iad]` becomes. It has no word of
// its own in configurations.

import type { Reach } from '../policy-kind.ts';
import type { Ranking, RankWorld } from '../ranking.ts';

export interface ListNode {
  kind: 'list';
  /** The word of the policy that the list stands in. */
  reason: string;
  /** POP by index, or another policy. */
  members: readonly ({ pop: number } | { node: number })[];
}

export function* rankList(node: ListNode, world: RankWorld): Ranking {
  for (const member of node.members) {
    if ('node' in member) yield* world.rank(member.node);
    else yield { op: 'step', target: member.pop, reason: node.reason, detail: 'in the order listed' };
  }
}

export function reachOfList(node: ListNode): Reach {
  return {
    nodes: node.members.flatMap((member) => ('node' in member ? [member.node] : [])),
    targets: node.members.flatMap((member) => ('pop' in member ? [member.pop] : [])),
  };
}
