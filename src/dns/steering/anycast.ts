// `anycast`: one address for everyone; which POP it reaches is for BGP to say. POPs withdraw it themselves when they are
// not healthy, so health is no part of the decision.

import { addressOf, type SteeringDecision, type SteeringQuestion } from './policy.ts';

export function anycast(question: SteeringQuestion): SteeringDecision {
  const address = addressOf(question.anycast, question.family);
  return {
    policy: 'anycast',
    ...(address && { address }),
    reason: address ? 'anycast' : 'no-address',
    detail: address ? 'BGP picks the POP' : `there is no IPv${question.family} anycast address`,
    scopePrefixLength: 0,
    candidates: [],
  };
}
