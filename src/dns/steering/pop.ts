// `pop:<name>`: always the same POP, up or down, for measuring it and for people. Its health is told, not heeded: a name
// that means one POP must not lead to another.

import { isUsable } from '../health/health-state.ts';
import { addressOf, type SteeringDecision, type SteeringPolicy, type SteeringQuestion } from './policy.ts';

export function fixedPop(name: string): SteeringPolicy {
  return (question: SteeringQuestion): SteeringDecision => {
    const pop = question.pops.find((candidate) => candidate.name === name);
    const address = pop && addressOf(pop, question.family);
    const health = question.health(name);
    return {
      policy: `pop:${name}`,
      pop: name,
      ...(address && { address }),
      reason: !address ? 'no-address' : isUsable(health) ? 'fixed-pop' : 'fixed-pop-down',
      detail: !address
        ? `${name} has no IPv${question.family} address`
        : isUsable(health)
          ? `the name means ${name}`
          : `the name means ${name}, which is down: ${health.reason}`,
      scopePrefixLength: 0,
      candidates: [{ pop: name, health }],
    };
  };
}
