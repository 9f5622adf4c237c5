// `pop`: always the same POP, up or down, for measuring it and for people. Its health is told, not heeded: a name that means
// one POP must not lead to another.

import { z } from '../../../base/schema.ts';
import type { PolicyKind } from '../policy-kind.ts';

export interface PopSpec {
  type: 'pop';
  pop: string;
}

export interface PopNode {
  kind: 'pop';
  target: number;
}

export const pop: PolicyKind<PopSpec, PopNode> = {
  type: 'pop',
  schema: () => z.strictObject({ type: z.literal('pop'), pop: z.string() }),

  plan(spec, planner, path) {
    const index = planner.pop(spec.pop, `${path}.pop`);
    const { ipv4, ipv6 } = planner.pops[index] ?? {};
    const target = planner.answer({ kind: 'fixed', name: spec.pop, pops: [index], ipv4, ipv6 });
    return { kind: 'pop', target };
  },

  dependsOnClient: () => false,

  reaches: (node) => ({ targets: [node.target] }),

  *rank(node, world) {
    const target = world.targets[node.target];
    const state = world.states[target?.pops[0] ?? 0];
    const detail = `the name means ${target?.name}`;
    yield state?.usable === false
      ? {
          op: 'step',
          target: node.target,
          reason: 'fixed-pop-down',
          detail: `${detail}, which is down: ${state.reason}`,
        }
      : { op: 'step', target: node.target, reason: 'fixed-pop', detail };
  },
};
