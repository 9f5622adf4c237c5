// What a policy does to the world: shares by POP, distances, and who goes where by continent and country.

import { type DistanceStatistics, WeightedDistances } from './distance-statistics.ts';
import type { CatchmentGroup } from './group.ts';
import type { Weighing } from './weigh-groups.ts';

/** The name under which clients without an answer are counted. */
export const NO_POP = 'none';

export interface PopShare {
  pop: string;
  /** Of all that is counted, 0 to 1. */
  share: number;
}

export interface PopSummary extends PopShare {
  /** In the weighing's unit. */
  weight: number;
  distance?: DistanceStatistics | undefined;
  /** Its largest countries: `share` is of the POP's own clients. */
  countries: { country: string; share: number }[];
}

export interface AreaSummary {
  /** ISO 3166-1 or continent code; `??` where the file does not say. */
  area: string;
  /** Of all that is counted. */
  share: number;
  weight: number;
  distance?: DistanceStatistics | undefined;
  /** Largest first; `share` is of the area's clients. */
  pops: PopShare[];
}

export interface CatchmentSummary {
  unit: Weighing['unit'];
  total: number;
  /** Share of what is counted whose distance is known. */
  located: number;
  distance?: DistanceStatistics | undefined;
  /** Largest first. */
  pops: PopSummary[];
  continents: AreaSummary[];
  countries: AreaSummary[];
}

const UNKNOWN_AREA = '??';
const TOP_COUNTRIES = 5;

/** `popNames` are listed even when nobody goes there: a POP without clients is news. */
export function summarizeCatchment(
  groups: readonly CatchmentGroup[],
  { unit, weights, total }: Weighing,
  popNames: readonly string[] = [],
): CatchmentSummary {
  const all = new Tally();
  const byPop = new Map<string, Tally>(popNames.map((pop) => [pop, new Tally()]));
  const byContinent = new Map<string, Tally>();
  const byCountry = new Map<string, Tally>();
  for (const [i, group] of groups.entries()) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    const country = group.country ?? UNKNOWN_AREA;
    const none = [{ pop: NO_POP, share: 1, km: undefined }];
    for (const { pop, share, km } of group.destinations.length > 0 ? group.destinations : none) {
      const part = weight * share;
      all.add(pop, part, km);
      at(byPop, pop).add(country, part, km);
      at(byContinent, group.continent ?? UNKNOWN_AREA).add(pop, part, km);
      at(byCountry, country).add(pop, part, km);
    }
  }
  const area = ([name, tally]: [string, Tally]): AreaSummary => ({
    area: name,
    share: ratio(tally.weight, total),
    weight: tally.weight,
    distance: tally.distances.statistics(),
    pops: tally.shares().map(([pop, share]) => ({ pop, share })),
  });
  const pops = [...byPop].map(([pop, tally]) => ({
    pop,
    share: ratio(tally.weight, total),
    weight: tally.weight,
    distance: tally.distances.statistics(),
    countries: tally
      .shares()
      .slice(0, TOP_COUNTRIES)
      .map(([country, share]) => ({ country, share })),
  }));
  return {
    unit,
    total,
    located: ratio(all.distances.weight(), total),
    distance: all.distances.statistics(),
    pops: pops.sort((a, b) => b.weight - a.weight || (a.pop < b.pop ? -1 : 1)),
    continents: [...byContinent].map(area).sort(bySize),
    countries: [...byCountry].map(area).sort(bySize),
  };
}

/** Weight, distances, and the weight of each part. */
class Tally {
  weight = 0;
  distances = new WeightedDistances();
  #parts = new Map<string, number>();

  add(part: string, weight: number, km: number | undefined): void {
    this.weight += weight;
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + weight);
    if (km !== undefined) this.distances.add(km, weight);
  }

  /** Largest first. */
  shares(): [part: string, share: number][] {
    return [...this.#parts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([part, weight]) => [part, ratio(weight, this.weight)]);
  }
}

function at(tallies: Map<string, Tally>, key: string): Tally {
  let tally = tallies.get(key);
  if (!tally) {
    tally = new Tally();
    tallies.set(key, tally);
  }
  return tally;
}

function bySize(a: AreaSummary, b: AreaSummary): number {
  return b.weight - a.weight || (a.area < b.area ? -1 : 1);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
