// `latency`: the POP with the least RTT that POPs measured to the client's prefix. POPs without a fresh entry follow by
// distance. Without any fresh entry it is `nearest`; with neither entry nor location a stale entry still beats a guess.

import { z } from '../../../base/schema.ts';
import type { PolicyKind } from '../policy-kind.ts';
import type { Target } from '../policy-spec.ts';
import { type Ranking, RTT_TABLE, readAspect, replaceSteps } from '../ranking.ts';
import type { RttAspect } from '../rtt-overlay.ts';

export interface LatencySpec {
  type: 'latency';
  /** Default: all. */
  pops?: string[];
  /** For POPs and clients without RTTs; default: nearest, of the same POPs. */
  otherwise?: Target;
}

export interface LatencyNode {
  kind: 'latency';
  pops: number[];
  otherwise: number;
}

export const latency: PolicyKind<LatencySpec, LatencyNode> = {
  type: 'latency',
  schema: (target) =>
    z.strictObject({
      type: z.literal('latency'),
      pops: z.optional(z.array(z.string()).check(z.minLength(1))),
      otherwise: z.optional(target),
    }),

  plan(spec, planner, path) {
    if (planner.pops.length === 0) {
      planner.problem(path, 'policy latency needs POPs', 'list them under pops');
      return { kind: 'latency', pops: [], otherwise: 0 };
    }
    const nearest: Target = { type: 'nearest', ...(spec.pops && { pops: spec.pops }) };
    return {
      kind: 'latency',
      pops: spec.pops
        ? spec.pops.map((name, i) => planner.pop(name, `${path}.pops[${i}]`))
        : planner.pops.map((_, index) => index),
      otherwise: planner.target(spec.otherwise ?? nearest, `${path}.otherwise`, 'latency'),
    };
  },

  dependsOnClient: () => true,

  reaches: (node) => ({ nodes: [node.otherwise], targets: node.pops, tables: [RTT_TABLE] }),

  *rank(node, world) {
    const rtt = yield* readAspect<RttAspect>(RTT_TABLE);
    const fresh = rtt.fresh.filter((pop) => node.pops.includes(pop));
    const stale = rtt.stale.filter((pop) => node.pops.includes(pop));
    if (fresh.length === 0) {
      yield* withoutFresh(world.rank(node.otherwise), stale);
      return;
    }
    const detail = `by RTT measured to the client's prefix by ${fresh.length} of ${node.pops.length} POPs`;
    for (const target of fresh) yield { op: 'step', target, reason: 'lowest-rtt', detail };
    // Geography ranks only the rest, and is read only when it comes to that.
    yield* replaceSteps(world.rank(node.otherwise), function* (step) {
      yield { ...step, reason: 'lowest-rtt', detail };
    });
  },
};

function* withoutFresh(fallback: Ranking, stale: readonly number[]): Ranking {
  const why = stale.length > 0 ? 'only stale RTT entries' : "no RTT entry for the client's prefix";
  let guess: boolean | undefined;
  yield* replaceSteps(fallback, function* (step) {
    const detail = `no location and only stale RTT entries; ${step.detail}`;
    if (guess === undefined) {
      guess = step.reason === 'default' && stale.length > 0;
      if (guess) for (const target of stale) yield { op: 'step', target, reason: 'stale-rtt', detail };
    }
    yield guess
      ? { ...step, reason: 'stale-rtt', detail }
      : { ...step, reason: `no-rtt-${step.reason}`, detail: `${why}, so as nearest: ${step.detail}` };
  });
}
