// The last step of every ranked policy: take the first candidate that is up and has an address of the family. When all
// are down, answer as if all were up: the checker may be the one that is cut off, and an answer that may fail beats none.

import { isUsable } from '../health/health-state.ts';
import { addressOf, type Candidate, type SteeringDecision, type SteeringQuestion } from './policy.ts';

/** `ranked` is in order of preference; `reason` is the policy's word, `nearest` for `nearest-healthy`. */
export function chooseFirstHealthy(
  question: SteeringQuestion,
  ranked: readonly Candidate[],
  basis: { policy: string; reason: string; detail: string; scopePrefixLength?: number },
): SteeringDecision {
  const family = question.family;
  const addresses = new Map(question.pops.map((pop) => [pop.name, addressOf(pop, family)]));
  const withAddress = ranked.filter((candidate) => addresses.get(candidate.pop));
  const chosen = withAddress.find((candidate) => isUsable(candidate.health));
  const allDown = chosen === undefined;
  const winner = chosen ?? withAddress[0];
  const whyNot = (candidate: Candidate): string => {
    if (!addresses.get(candidate.pop)) return `no IPv${family} address`;
    if (!isUsable(candidate.health) && !allDown) return `down: ${candidate.health.reason}`;
    return `ranked after ${winner?.pop}`;
  };
  const candidates = ranked.map((candidate) =>
    candidate === winner ? candidate : { ...candidate, passedOver: whyNot(candidate) },
  );
  if (!winner) {
    const detail = `no POP has an IPv${family} address`;
    return { policy: basis.policy, reason: 'no-address', detail, scopePrefixLength: 0, candidates };
  }
  return {
    policy: basis.policy,
    pop: winner.pop,
    address: addresses.get(winner.pop),
    reason: allDown ? `${basis.reason}-all-down` : `${basis.reason}-healthy`,
    detail: allDown ? `all POPs are down, so answered as if all were up; ${basis.detail}` : basis.detail,
    scopePrefixLength: basis.scopePrefixLength,
    candidates,
  };
}
