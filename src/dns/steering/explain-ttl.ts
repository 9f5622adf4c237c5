// The arithmetic of a TTL in words: the least time until a POP that was looked at could change, within the rule's bounds.

import type { Decision } from './decide.ts';
import type { RuleNode } from './plan.ts';
import { type AnswerTarget, targetSecondsToChange } from './ranking.ts';
import type { PopState } from './snapshot.ts';

export function explainTtl(
  rule: RuleNode,
  decision: Decision,
  targets: readonly AnswerTarget[],
  states: readonly PopState[],
): string {
  const { minSeconds, maxSeconds } = rule.ttl;
  const seconds = `${decision.ttlSeconds} s`;
  if (minSeconds === maxSeconds) return `${seconds}, fixed by the rule`;
  const bounds = `the rule's ${minSeconds} to ${maxSeconds} s`;
  if (decision.secondsToChange === Number.POSITIVE_INFINITY)
    return `${seconds}, the most of ${bounds}: nothing that was looked at can change`;
  const soonest = decision.trace.find(
    (entry) =>
      entry.kind === 'candidate' &&
      entry.verdict !== 'no-address' &&
      targetSecondsToChange(targets[entry.target] as AnswerTarget, states) === decision.secondsToChange,
  );
  const name = soonest?.kind === 'candidate' ? targets[soonest.target]?.name : 'a POP';
  const soon = Math.round(decision.secondsToChange * 10) / 10;
  const why = `${name} could change in ${soon} s`;
  if (decision.secondsToChange < minSeconds) return `${seconds}: ${why}, raised to the least of ${bounds}`;
  if (decision.secondsToChange > maxSeconds) return `${seconds}: ${why}, lowered to the most of ${bounds}`;
  return `${seconds}: ${why}, within ${bounds}`;
}
