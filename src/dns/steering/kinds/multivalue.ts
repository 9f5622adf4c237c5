// `multivalue`: several healthy answers of an inner policy, so that a client can go on to the next by itself.

import { z } from '../../../base/schema.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';

export interface MultivalueSpec {
  type: 'multivalue';
  /** At most so many answers. */
  count: number;
  /** Default: nearest. */
  policy?: Target;
}

export interface MultivalueNode {
  kind: 'multivalue';
  count: number;
  inner: number;
}

/** With more, answers outgrow the 1232 bytes of a UDP reply and gain nothing. */
const MAX_ANSWERS = 16;

export const multivalue: PolicyKind<MultivalueSpec, MultivalueNode> = {
  type: 'multivalue',
  schema: (target) =>
    z.strictObject({
      type: z.literal('multivalue'),
      count: z.int().check(z.gte(1), z.lte(MAX_ANSWERS)),
      policy: z.optional(target),
    }),

  plan: (spec, planner, path) => ({
    kind: 'multivalue',
    count: spec.count,
    inner: planner.target(spec.policy ?? 'nearest', `${path}.policy`, 'multivalue'),
  }),

  dependsOnClient: (node, child) => child(node.inner),

  reaches: (node) => ({ nodes: [node.inner] }),

  *rank(node, world) {
    yield { op: 'want', count: node.count };
    yield* world.rank(node.inner);
    yield { op: 'enough' };
  },
};
