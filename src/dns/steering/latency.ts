// `latency`: the POP with the least RTT that POPs measured to the client's prefix. POPs without a fresh entry follow by
// distance. Without any fresh entry it is `nearest`; with neither entry nor location a stale entry still beats a guess.

import { chooseFirstHealthy } from './choose.ts';
import { rankByDistance } from './nearest.ts';
import type { Candidate, SteeringDecision, SteeringQuestion } from './policy.ts';

export function latency(question: SteeringQuestion): SteeringDecision {
  const byDistance = rankByDistance(question);
  const rtt = question.rtt();
  const candidates: Candidate[] = byDistance.candidates.map((candidate) => {
    const entry = rtt.byPop.get(candidate.pop);
    if (!entry) return candidate;
    return {
      ...candidate,
      rttMs: entry.rttMs,
      rttAgeSeconds: Math.round(entry.ageSeconds),
      rttStale: entry.stale,
    };
  });
  const fresh = candidates.filter((candidate) => candidate.rttMs !== undefined && !candidate.rttStale);
  // As narrow as the narrower of the two facts: next door there may be an RTT entry, or another city.
  const scopePrefixLength =
    byDistance.scopePrefixLength === undefined
      ? undefined
      : Math.max(byDistance.scopePrefixLength, rtt.scopePrefixLength);
  if (fresh.length > 0) {
    return choose(question, candidates, (candidate) => !candidate.rttStale, {
      policy: 'latency',
      reason: 'lowest-rtt',
      detail: `by RTT measured to the client's prefix by ${fresh.length} of ${candidates.length} POPs`,
      // Entries of all POPs decide alone; geography ranks only the rest, so it narrows the scope only then.
      scopePrefixLength:
        fresh.length === candidates.length ? Math.max(1, rtt.scopePrefixLength) : scopePrefixLength,
    });
  }
  if (byDistance.reason === 'default' && rtt.byPop.size > 0) {
    return choose(question, candidates, () => true, {
      policy: 'latency',
      reason: 'stale-rtt',
      detail: `no location and only stale RTT entries; ${byDistance.detail}`,
      scopePrefixLength,
    });
  }
  return chooseFirstHealthy(question, candidates, {
    policy: 'latency',
    reason: `no-rtt-${byDistance.reason}`,
    detail: `${rtt.byPop.size > 0 ? 'only stale RTT entries' : "no RTT entry for the client's prefix"}, so as nearest: ${byDistance.detail}`,
    scopePrefixLength,
  });
}

function choose(
  question: SteeringQuestion,
  candidates: readonly Candidate[],
  counts: (candidate: Candidate) => boolean,
  basis: { policy: string; reason: string; detail: string; scopePrefixLength?: number },
): SteeringDecision {
  const measured = candidates.filter((candidate) => candidate.rttMs !== undefined && counts(candidate));
  // Equal RTTs go by name, not by distance: inside the scope given above, distance may differ.
  measured.sort((a, b) => (a.rttMs ?? 0) - (b.rttMs ?? 0) || (a.pop < b.pop ? -1 : 1));
  const ranked = [...measured, ...candidates.filter((candidate) => !measured.includes(candidate))];
  return chooseFirstHealthy(question, ranked, basis);
}
