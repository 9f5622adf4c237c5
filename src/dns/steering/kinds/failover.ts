// `failover`: steps in order of preference, POPs or policies. The rankings of the steps follow one another.

import { z } from '../../../base/schema.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';

export interface FailoverSpec {
  type: 'failover';
  steps: Target[];
}

export interface FailoverNode {
  kind: 'failover';
  steps: number[];
}

export const failover: PolicyKind<FailoverSpec, FailoverNode> = {
  type: 'failover',
  schema: (target) =>
    z.strictObject({ type: z.literal('failover'), steps: z.array(target).check(z.minLength(1)) }),

  plan: (spec, planner, path) => ({
    kind: 'failover',
    steps: spec.steps.map((step, i) => planner.target(step, `${path}.steps[${i}]`, 'failover')),
  }),

  dependsOnClient: (node, child) => node.steps.some(child),

  reaches: (node) => ({ nodes: node.steps }),

  *rank(node, world) {
    for (const [i, step] of node.steps.entries()) {
      if (i > 0) yield { op: 'note', text: `failover: on to step ${i + 1}` };
      yield* world.rank(step);
    }
  },
};
