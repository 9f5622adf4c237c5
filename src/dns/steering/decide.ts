// From a policy's ranking to a decision: the first POPs that are usable and have an address of the family. When all are down,
// what the rule says: as if all were up (the checker may be the one that is cut off), the nearest, or no answer.

import type { RuleNode } from './plan.ts';
import {
  type AnswerTarget,
  addressOf,
  isTargetUsable,
  type RankEvent,
  type Ranking,
  type RankWorld,
  type Read,
  type Step,
  targetSecondsToChange,
} from './ranking.ts';

export interface Decision {
  /** Target indexes, best first. */
  targets: readonly number[];
  addresses: readonly Uint8Array[];
  /** One of a few words for metrics and tests, such as `nearest-healthy`. */
  reason: string;
  /** The reason in a sentence. */
  detail: string;
  /** Least seconds until a POP that was looked at could change. */
  secondsToChange: number;
  ttlSeconds: number;
  /** All that happened on the way, for `explain`. */
  trace: readonly TraceEntry[];
}

export type TraceEntry =
  | { kind: 'read'; read: Read }
  | { kind: 'note'; text: string; passedOver?: number }
  | { kind: 'candidate'; target: number; verdict: Verdict };

/** What became of a candidate; `spare` comes after the answer and was not looked at. */
export type Verdict = 'chosen' | 'down' | 'no-address' | 'same-address' | 'spare';

/** Yields the facts that it needs, receives their values, returns the decision. */
export function* decide(rule: RuleNode, world: RankWorld): Generator<Read, Decision, unknown> {
  const chosen: Step[] = [];
  const down: Step[] = [];
  const trace: TraceEntry[] = [];
  const seen = new Set<number>();
  const addresses: Uint8Array[] = [];
  let secondsToChange = Number.POSITIVE_INFINITY;
  let wanted = 1;
  /** What a multivalue policy wanted, for when all are down. */
  let mostWanted = 1;

  const take = (step: Step, address: Uint8Array): Verdict => {
    if (addresses.some((other) => Buffer.compare(other, address) === 0)) return 'same-address';
    chosen.push(step);
    addresses.push(address);
    return 'chosen';
  };
  const consider = (step: Step): Verdict => {
    const target = world.targets[step.target] as AnswerTarget;
    const address = addressOf(target, world.family);
    if (!address) return 'no-address';
    secondsToChange = Math.min(secondsToChange, targetSecondsToChange(target, world.states));
    if (isTargetUsable(target, world.states)) return take(step, address);
    down.push(step);
    return 'down';
  };
  /** False when the answer is complete. */
  const handle = (event: Exclude<RankEvent, Read>): boolean => {
    if (event.op === 'note') trace.push({ kind: 'note', text: event.text, passedOver: event.passedOver });
    else if (event.op === 'want') {
      wanted = event.count;
      mostWanted = Math.max(mostWanted, wanted);
    } else if (event.op === 'enough') {
      wanted = 1;
      return chosen.length === 0;
    } else if (!seen.has(event.target)) {
      seen.add(event.target);
      trace.push({ kind: 'candidate', target: event.target, verdict: consider(event) });
    }
    return chosen.length < wanted;
  };

  yield* follow(world.rank(rule.root), trace, handle);
  const finish = (reason: string, detail: string): Decision => ({
    targets: chosen.map((step) => step.target),
    addresses,
    reason,
    detail,
    secondsToChange,
    ttlSeconds: Math.floor(Math.max(rule.ttl.minSeconds, Math.min(rule.ttl.maxSeconds, secondsToChange))),
    trace,
  });
  const best = chosen[0];
  if (best) return finish(healthyReason(best, world), best.detail);
  const first = down[0];
  if (!first) return finish('no-address', `nothing to answer with has an IPv${world.family} address`);
  if (rule.whenAllDown === 'none') {
    return finish(`${first.reason}-none`, `all POPs are down, and then there is no answer; ${first.detail}`);
  }
  let fallback: readonly Step[] = down;
  let how = 'answered as if all were up';
  if (rule.nearest !== undefined) {
    const near: Step[] = [];
    const wantedTargets = new Set(down.map((step) => step.target));
    yield* follow(world.rank(rule.nearest), trace, (event) => {
      if (event.op === 'step' && wantedTargets.has(event.target)) near.push(event);
      return near.length < wantedTargets.size;
    });
    if (near.length > 0) {
      fallback = near;
      how = 'answered with the nearest';
    }
  }
  for (const step of fallback) {
    if (chosen.length >= mostWanted) break;
    take(step, addressOf(world.targets[step.target] as AnswerTarget, world.family) as Uint8Array);
  }
  const reason = (fallback[0] ?? first).reason;
  const detail = (fallback[0] ?? first).detail;
  return finish(`${reason}-all-down`, `all POPs are down, so ${how}; ${detail}`);
}

/** Runs a ranking: reads go up, everything else to `handle`, until that returns false. */
function* follow(
  ranking: Ranking,
  trace: TraceEntry[],
  handle: (event: Exclude<RankEvent, Read>) => boolean,
): Generator<Read, void, unknown> {
  let result: unknown;
  for (;;) {
    const next = ranking.next(result);
    if (next.done) return;
    const event = next.value;
    result = undefined;
    if (event.op === 'aspect' || event.op === 'pick' || event.op === 'share') {
      trace.push({ kind: 'read', read: event });
      result = yield event;
    } else if (!handle(event)) return;
  }
}

function healthyReason(step: Step, world: RankWorld): string {
  const kind = world.targets[step.target]?.kind;
  // These heed no health, so they do not boast of it.
  if (kind === 'anycast' || kind === 'fixed') return step.reason;
  if (step.shed) return step.shed === 'others' ? `${step.reason}-shed` : `${step.reason}-all-shed`;
  return `${step.reason}-healthy`;
}
