// One-way delays between cities: a cited fact where there is one, else distance over the speed of light in fibre,
// stretched by how much longer real paths are between the two regions (netem/path-stretch.csv says from what).

import { greatCircleKm } from '../net/great-circle.ts';
import { pairKey, type ReferenceData } from './reference-data.ts';
import type { City } from './resolved.ts';

export interface Delay {
  /** One-way, to the microsecond. */
  delayMs: number;
  source: string;
}

/** Kilometres a millisecond: c / 1.468, the group index of common single-mode fibre. */
const FIBRE_KM_PER_MS = 204.2;
/** Equipment and last kilometres at both ends, in the round-trip time of the formula. */
const FORMULA_BASE_RTT_MS = 3;
/** A cross-connect or metro ring between two data centres of one city: 30 km of fibre. */
export const IN_CITY_DELAY_MS = 0.15;
const DEFAULT_STRETCH = 2;

export function delayBetween(a: City, b: City, data: ReferenceData, statedMs?: number): Delay {
  if (statedMs !== undefined) return { delayMs: statedMs, source: 'stated in the topology' };
  if (a.code === b.code) return { delayMs: IN_CITY_DELAY_MS, source: 'within one city: 30 km of fibre' };
  const cited = data.delays.get(pairKey(a.code, b.code));
  if (cited) return { delayMs: toMicroseconds(cited.rttMs / 2), source: cited.source };
  const stretch = data.stretch.get(pairKey(regionOf(a), regionOf(b))) ?? DEFAULT_STRETCH;
  const rttMs = FORMULA_BASE_RTT_MS + (stretch * 2 * greatCircleKm(a, b)) / FIBRE_KM_PER_MS;
  return {
    delayMs: toMicroseconds(rttMs / 2),
    source: `formula: distance in fibre, stretched ${stretch} times, plus ${FORMULA_BASE_RTT_MS} ms a round trip`,
  };
}

/** Region of the stretch table: the continent, with Mexico and South America together. */
function regionOf(city: City): string {
  return city.continent === 'SA' || city.country === 'MX' ? 'LA' : city.continent;
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
