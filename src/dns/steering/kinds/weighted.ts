// `weighted`: every client network goes to one POP, POPs get networks in proportion to their weights. Weighted rendezvous
// hashing of the network (/24, /56) decides, so a network stays where it is when others move: a dead POP's networks spread
// over the rest by weight, and nobody else moves. With `policy` and `within: n`, only among the n best of that policy.

import { z } from '../../../base/schema.ts';
import { nameSeed } from '../network-hash.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';
import { addressOf, isTargetUsable, type Ranking, type RankWorld, replaceSteps } from '../ranking.ts';

export interface WeightedSpec {
  type: 'weighted';
  /** By POP. 0: no client, unless all others are down. With `policy`, POPs that are not listed weigh 1. */
  weights?: Record<string, number>;
  policy?: Target;
  /** How many of the best POPs of `policy` share its clients; default 2. */
  within?: number;
}

export interface WeightedNode {
  kind: 'weighted';
  /** By POP index. */
  weights: { pop: number; weight: number }[];
  inner?: number;
  within: number;
}

export const weighted: PolicyKind<WeightedSpec, WeightedNode> = {
  type: 'weighted',
  schema: (target) =>
    z.strictObject({
      type: z.literal('weighted'),
      weights: z.optional(z.record(z.string(), z.number().check(z.gte(0), z.lte(1e6)))),
      policy: z.optional(target),
      within: z.optional(z.int().check(z.gte(1))),
    }),

  plan(spec, planner, path) {
    const weights = Object.entries(spec.weights ?? {}).map(([name, weight]) => ({
      pop: planner.pop(name, `${path}.weights.${name}`),
      weight,
    }));
    if (spec.policy === undefined) {
      if (weights.length === 0)
        planner.problem(path, 'policy weighted needs weights', 'such as weights: {fra: 3, iad: 1}');
      if (spec.within !== undefined)
        planner.problem(
          `${path}.within`,
          'within needs a policy whose best POPs are meant',
          'add policy: nearest',
        );
    }
    if (weights.length > 0 && spec.policy === undefined && weights.every(({ weight }) => weight === 0))
      planner.problem(`${path}.weights`, 'all weights are 0');
    return {
      kind: 'weighted',
      weights,
      ...(spec.policy !== undefined && { inner: planner.target(spec.policy, `${path}.policy`, 'weighted') }),
      within: spec.within ?? 2,
    };
  },

  dependsOnClient: () => true,

  reaches: (node) =>
    node.inner === undefined ? { targets: node.weights.map(({ pop }) => pop) } : { nodes: [node.inner] },

  *rank(node, world) {
    if (node.inner === undefined) {
      const members = node.weights.map(({ pop, weight }) => ({ target: pop, weight }));
      yield* rankByHash(members, world, 'by the hash of the client network, by weight');
      return;
    }
    const weightOf = new Map(node.weights.map(({ pop, weight }) => [pop, weight]));
    const best: Member[] = [];
    let drawn = false;
    const draw = function* (): Ranking {
      drawn = true;
      yield* rankByHash(best, world, `by the hash of the client network among the ${best.length} best`);
    };
    yield* replaceSteps(world.rank(node.inner), function* (step) {
      if (drawn) {
        yield step;
        return;
      }
      if (!best.some(({ target }) => target === step.target))
        best.push({ target: step.target, weight: weightOf.get(step.target) ?? 1 });
      if (best.length === node.within) yield* draw();
    });
    if (!drawn) yield* draw();
  },
};

interface Member {
  target: number;
  weight: number;
}

/** One draw after another among those that are left; those without weight come last, in order. */
function* rankByHash(members: readonly Member[], world: RankWorld, detail: string): Ranking {
  const step = (target: number) => ({ op: 'step' as const, target, reason: 'weighted', detail });
  // Those without an address cannot win, and those that are left out of a draw do not change who wins it.
  let left = members.filter(({ target, weight }) => {
    const answer = world.targets[target];
    return weight > 0 && answer && addressOf(answer, world.family);
  });
  const others = members.filter((member) => !left.includes(member));
  while (left.length > 0) {
    const winner = left.length === 1 ? 0 : ((yield draw(left, world)) as number);
    yield step(left[winner]?.target ?? 0);
    left = left.filter((_, index) => index !== winner);
    // When all that are left are down, their order among themselves is of no use to anybody.
    if (!left.some(({ target }) => usable(world, target))) break;
  }
  for (const { target } of [...left, ...others]) yield step(target);
}

function draw(members: readonly Member[], world: RankWorld) {
  return {
    op: 'pick' as const,
    seeds: members.map(({ target }) => nameSeed(world.targets[target]?.name ?? '')),
    weights: members.map(({ weight }) => weight),
  };
}

function usable(world: RankWorld, target: number): boolean {
  const answer = world.targets[target];
  return answer !== undefined && isTargetUsable(answer, world.states);
}
