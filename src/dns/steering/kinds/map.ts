// `map`: what people know better than distance. Words that match clients (match-words.ts), each with POPs or a policy; the
// most specific match wins, and `otherwise` takes the rest (default: nearest).

import { z } from '../../../base/schema.ts';
import { type Matcher, matchClient, planMatcher } from '../match-words.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';

export interface MapSpec {
  type: 'map';
  /** `country:FR` to POPs or a policy. */
  rules: Record<string, Target>;
  otherwise?: Target;
}

export interface MapNode {
  kind: 'map';
  matcher: Matcher;
  /** By the matcher's value: nodes of policies. */
  targets: number[];
  otherwise: number;
}

export const map: PolicyKind<MapSpec, MapNode> = {
  type: 'map',
  schema: (target) =>
    z.strictObject({
      type: z.literal('map'),
      rules: z
        .record(z.string(), target)
        .check(z.refine((rules) => Object.keys(rules).length > 0, 'a map needs rules')),
      otherwise: z.optional(target),
    }),

  plan(spec, planner, path) {
    // Rules with equal targets share a value, which merges the prefixes of all their clients.
    const targets: number[] = [];
    const words = Object.entries(spec.rules).map(([word, target]) => {
      const at = `${path}.rules.${word}`;
      const node = planner.target(target, at, 'map');
      if (!targets.includes(node)) targets.push(node);
      return { word, value: targets.indexOf(node), path: at };
    });
    const otherwise = planner.target(spec.otherwise ?? 'nearest', `${path}.otherwise`, 'map');
    // Where no rule leads elsewhere than one of them, its clients' prefixes merge with those of nobody.
    return {
      kind: 'map',
      matcher: planMatcher(words, planner, targets.indexOf(otherwise)),
      targets,
      otherwise,
    };
  },

  dependsOnClient: () => true,

  reaches: (node) => ({
    nodes: [...node.targets, node.otherwise],
    tables: node.matcher.tables.map(({ table }) => table),
  }),

  *rank(node, world) {
    const match = yield* matchClient(node.matcher);
    const target = match ? (node.targets[match.value] ?? node.otherwise) : node.otherwise;
    const asOthers = match?.by === 'place' && target === node.otherwise;
    const how = asOthers ? 'by place, or by no rule, which is the same' : `by ${match?.by}`;
    yield { op: 'note', text: match ? `map: matched ${how}` : 'map: no rule matches' };
    yield* world.rank(target);
  },
};
