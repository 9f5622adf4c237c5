// Groups of clients put together in squares of the map, each with the POP that most of its clients go to: a hundred
// thousand places are more than a picture can show.

import type { CatchmentGroup } from './group.ts';
import { NO_POP } from './summarize.ts';
import type { Weighing } from './weigh-groups.ts';

export interface GridCell {
  /** Of its clients' middle, by weight. */
  latitude: number;
  longitude: number;
  weight: number;
  pop: string;
  /** Of the cell's clients, who go to `pop`. */
  share: number;
  /** The largest place in it, as GeoIP has it. */
  place: string;
}

const CELL_DEGREES = 1.5;

/** Heaviest first, at most `most`. */
export function gridOf(groups: readonly CatchmentGroup[], { weights }: Weighing, most: number): GridCell[] {
  const cells = new Map<string, Cell>();
  for (const [i, group] of groups.entries()) {
    const weight = weights[i] ?? 0;
    const { coordinates } = group;
    if (weight === 0 || !coordinates) continue;
    const [row, column] = [coordinates.latitude, coordinates.longitude].map((each) =>
      Math.floor(each / CELL_DEGREES),
    );
    const key = `${row} ${column}`;
    let cell = cells.get(key);
    if (!cell) {
      cell = { weight: 0, latitudeSum: 0, longitudeSum: 0, pops: new Map(), place: '', placeWeight: 0 };
      cells.set(key, cell);
    }
    cell.weight += weight;
    cell.latitudeSum += weight * coordinates.latitude;
    cell.longitudeSum += weight * coordinates.longitude;
    for (const { pop, share } of group.destinations)
      cell.pops.set(pop, (cell.pops.get(pop) ?? 0) + weight * share);
    if (weight > cell.placeWeight) {
      cell.placeWeight = weight;
      cell.place = [group.city, group.country].filter(Boolean).join(', ');
    }
  }
  return [...cells.values()]
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most)
    .map(({ weight, latitudeSum, longitudeSum, pops, place }) => {
      const [pop = NO_POP, popWeight = weight] = [...pops].sort((a, b) => b[1] - a[1])[0] ?? [];
      return {
        latitude: latitudeSum / weight,
        longitude: longitudeSum / weight,
        weight,
        pop,
        share: popWeight / weight,
        place,
      };
    });
}

interface Cell {
  weight: number;
  latitudeSum: number;
  longitudeSum: number;
  pops: Map<string, number>;
  place: string;
  placeWeight: number;
}
