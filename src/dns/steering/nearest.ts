// `nearest`: the POP at the least great-circle distance from where GeoIP puts the client network. It knows nothing of
// the network's paths, which is its fault and the reason for `latency`.

import { greatCircleKm } from '../../net/great-circle.ts';
import { chooseFirstHealthy } from './choose.ts';
import type { Candidate, SteeringDecision, SteeringPop, SteeringQuestion } from './policy.ts';

export function nearest(question: SteeringQuestion): SteeringDecision {
  const ranking = rankByDistance(question);
  return chooseFirstHealthy(question, ranking.candidates, { policy: 'nearest', ...ranking });
}

export interface DistanceRanking {
  candidates: Candidate[];
  reason: 'nearest' | 'same-country' | 'same-continent' | 'default';
  detail: string;
  scopePrefixLength?: number;
}

/** By distance; where only the country is known, POPs of the country, then the continent; else in config order. */
export function rankByDistance(question: SteeringQuestion): DistanceRanking {
  const { location, prefixLength } = question.geo();
  const here = location.coordinates;
  const candidates: Candidate[] = question.pops.map((pop) => ({
    pop: pop.name,
    ...(here && { distanceKm: Math.round(greatCircleKm(here, pop)) }),
    health: question.health(pop.name),
  }));
  // Never 0: the answer is the client network's own, and 0 would hand it to everyone (measured poisoning: Knot).
  const scope = prefixLength === undefined ? {} : { scopePrefixLength: Math.max(1, prefixLength) };
  if (here) {
    candidates.sort((a, b) => (a.distanceKm ?? 0) - (b.distanceKm ?? 0)); // stable: ties keep config order
    const place = location.city ?? location.country ?? 'the database';
    return { candidates, reason: 'nearest', detail: `by distance from ${place}`, ...scope };
  }
  const byName = new Map(question.pops.map((pop) => [pop.name, pop]));
  const rank = (candidate: Candidate) => areaRank(byName.get(candidate.pop), location);
  const best = Math.min(2, ...candidates.map(rank));
  candidates.sort((a, b) => rank(a) - rank(b));
  const reason = best === 0 ? 'same-country' : best === 1 ? 'same-continent' : 'default';
  const known = location.country ?? location.continent;
  const detail = known
    ? `GeoIP knows only ${known} (${location.reason})`
    : `GeoIP has no location (${location.reason}), so in config order`;
  return { candidates, reason, detail, ...scope };
}

/** 0 same country, 1 same continent, 2 elsewhere or not known. */
function areaRank(pop: SteeringPop | undefined, location: { country?: string; continent?: string }): number {
  if (pop?.country && pop.country === location.country) return 0;
  return pop?.continent && pop.continent === location.continent ? 1 : 2;
}
