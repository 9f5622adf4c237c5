// `capacity`: a POP at its limit sheds a share of its clients to the next of the inner policy (FastRoute, NSDI 2015, sheds
// along a chain as well). Which networks go is a stable hash, so a growing share moves more networks and none back. When
// every POP sheds a client, the first choice keeps it: too many clients there beat no answer.

import { z } from '../../../base/schema.ts';
import { shedSeed } from '../network-hash.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';
import { addressOf, type RankWorld, replaceSteps, type Step } from '../ranking.ts';

export interface CapacitySpec {
  type: 'capacity';
  policy: Target;
}

export interface CapacityNode {
  kind: 'capacity';
  inner: number;
}

export const capacity: PolicyKind<CapacitySpec, CapacityNode> = {
  type: 'capacity',
  schema: (target) => z.strictObject({ type: z.literal('capacity'), policy: target }),

  plan: (spec, planner, path) => ({
    kind: 'capacity',
    inner: planner.target(spec.policy, `${path}.policy`, 'capacity'),
  }),

  dependsOnClient: () => true,

  reaches: (node) => ({ nodes: [node.inner] }),

  *rank(node, world) {
    const shed: Step[] = [];
    yield* replaceSteps(world.rank(node.inner), function* (step) {
      const fraction = shedFraction(step, world);
      const seed = shedSeed(world.targets[step.target]?.name ?? '');
      if (fraction >= 1 || (fraction > 0 && ((yield { op: 'share', seed, fraction }) as boolean))) {
        shed.push(step);
        yield { op: 'note', text: 'capacity: sheds this client network', passedOver: step.target };
      } else yield shed.length > 0 ? { ...step, shed: 'others' } : step;
    });
    for (const step of shed)
      yield { ...step, shed: 'itself', detail: `every POP sheds this client network; ${step.detail}` };
  },
};

/** A POP that is down sheds nobody: it gets nobody. */
function shedFraction(step: Step, world: RankWorld): number {
  const target = world.targets[step.target];
  if (target?.kind !== 'pop' || !addressOf(target, world.family)) return 0;
  const state = world.states[step.target];
  return state?.usable ? state.shedFraction : 0;
}
