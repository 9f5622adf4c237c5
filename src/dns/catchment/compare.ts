// What a change moves, before it is deployed: every prefix with its answer before and after, grouped, gives who goes from
// which POP to which, how far each is then, and who loses most.

import { type DistanceStatistics, WeightedDistances } from './distance-statistics.ts';
import type { CatchmentGroup, Destination, GroupSize, GroupTraits } from './group.ts';
import { NO_POP } from './summarize.ts';
import type { Weighing } from './weigh-groups.ts';

export interface GroupPair extends GroupSize {
  before: GroupTraits;
  after: GroupTraits;
}

export interface CatchmentMove {
  from: string;
  to: string;
  /** Of all that is counted, 0 to 1. */
  share: number;
  weight: number;
  /** Prefixes of the GeoIP files (the finer of both) with clients that move. */
  prefixes: number;
  before?: DistanceStatistics | undefined;
  after?: DistanceStatistics | undefined;
}

export interface CatchmentLoser {
  /** City and country as GeoIP has them. */
  place: string;
  from: string;
  to: string;
  share: number;
  weight: number;
  beforeKm: number;
  afterKm: number;
}

export interface CatchmentDiff {
  unit: Weighing['unit'];
  total: number;
  /** Share of what is counted that goes to another POP, 0 to 1. */
  moved: number;
  movedPrefixes: number;
  /** All that is counted, moved or not. */
  before?: DistanceStatistics | undefined;
  after?: DistanceStatistics | undefined;
  pops: { pop: string; before: number; after: number }[];
  /** Largest first. */
  moves: CatchmentMove[];
  /** Those who end up farther away, the most kilometres times clients first. */
  losers: CatchmentLoser[];
}

/** Told; the rest is in `moves`. */
const MOST_LOSERS = 20;

/** What weighGroups() weighs a pair by: where its clients are according to the file before. */
export function asGroup({ before, after, ...size }: GroupPair): CatchmentGroup {
  return { ...(before.known ? before : after), ...size };
}

/** `weights` has one for each pair. */
export function compareCatchments(
  pairs: readonly GroupPair[],
  { unit, weights, total }: Weighing,
): CatchmentDiff {
  const [before, after] = [new WeightedDistances(), new WeightedDistances()];
  const pops = new Map<string, { before: number; after: number }>();
  const moves = new Map<string, Move>();
  const losers = new Map<string, CatchmentLoser>();
  let movedPrefixes = 0;
  for (const [i, pair] of pairs.entries()) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    const [old, fresh] = [answerOf(pair.before), answerOf(pair.after)];
    for (const { pop, share, km } of old) {
      countPop(pops, pop).before += weight * share;
      if (km !== undefined) before.add(km, weight * share);
    }
    for (const { pop, share, km } of fresh) {
      countPop(pops, pop).after += weight * share;
      if (km !== undefined) after.add(km, weight * share);
    }
    const flows = flowsBetween(old, fresh);
    if (flows.length > 0) movedPrefixes += pair.prefixes;
    for (const { from, to, share } of flows) {
      const part = weight * share;
      const move = moveOf(moves, from.pop, to.pop);
      move.weight += part;
      move.prefixes += pair.prefixes;
      if (from.km !== undefined) move.before.add(from.km, part);
      if (to.km !== undefined) move.after.add(to.km, part);
      countLoss(losers, pair, from, to, part, total);
    }
  }
  const moveList = [...moves.values()]
    .sort((a, b) => b.weight - a.weight || (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1))
    .map(({ before: from, after: to, ...move }) => ({
      ...move,
      share: ratio(move.weight, total),
      before: from.statistics(),
      after: to.statistics(),
    }));
  return {
    unit,
    total,
    moved: moveList.reduce((sum, { share }) => sum + share, 0),
    movedPrefixes,
    before: before.statistics(),
    after: after.statistics(),
    pops: [...pops]
      .map(([pop, count]) => ({ pop, before: ratio(count.before, total), after: ratio(count.after, total) }))
      .sort((a, b) => b.before - a.before || b.after - a.after || (a.pop < b.pop ? -1 : 1)),
    moves: moveList,
    losers: [...losers.values()].sort((a, b) => loss(b) - loss(a)).slice(0, MOST_LOSERS),
  };
}

interface Move {
  from: string;
  to: string;
  weight: number;
  prefixes: number;
  before: WeightedDistances;
  after: WeightedDistances;
}

function answerOf({ destinations }: GroupTraits): readonly Destination[] {
  return destinations.length > 0 ? destinations : [{ pop: NO_POP, share: 1 }];
}

/** Shares below this are rounding. */
const LEAST_SHARE = 1e-9;

/** The least that has to move: who can stay stays, the others spread over what is free in proportion to it. */
function flowsBetween(
  old: readonly Destination[],
  fresh: readonly Destination[],
): { from: Destination; to: Destination; share: number }[] {
  const shareAt = (list: readonly Destination[], pop: string) =>
    list.reduce((sum, each) => (each.pop === pop ? sum + each.share : sum), 0);
  const leaving = old
    .map((from) => ({ from, share: from.share - shareAt(fresh, from.pop) }))
    .filter(({ share }) => share > LEAST_SHARE);
  const arriving = fresh
    .map((to) => ({ to, share: to.share - shareAt(old, to.pop) }))
    .filter(({ share }) => share > LEAST_SHARE);
  const room = arriving.reduce((sum, { share }) => sum + share, 0);
  return leaving.flatMap(({ from, share }) =>
    arriving.map(({ to, share: part }) => ({ from, to, share: (share * part) / room })),
  );
}

function countPop(pops: Map<string, { before: number; after: number }>, pop: string) {
  let count = pops.get(pop);
  if (!count) {
    count = { before: 0, after: 0 };
    pops.set(pop, count);
  }
  return count;
}

function moveOf(moves: Map<string, Move>, from: string, to: string): Move {
  const key = `${from}\t${to}`;
  let move = moves.get(key);
  if (!move) {
    move = {
      from,
      to,
      weight: 0,
      prefixes: 0,
      before: new WeightedDistances(),
      after: new WeightedDistances(),
    };
    moves.set(key, move);
  }
  return move;
}

/** Clients of one place that go the same way are one loser. */
function countLoss(
  losers: Map<string, CatchmentLoser>,
  pair: GroupPair,
  from: Destination,
  to: Destination,
  weight: number,
  total: number,
): void {
  if (from.km === undefined || to.km === undefined || to.km <= from.km) return;
  const { city, country } = pair.before;
  const place = [city, country].filter(Boolean).join(', ') || 'somewhere';
  const key = [place, from.pop, to.pop].join('\t');
  const loser = losers.get(key);
  if (!loser) {
    const distances = { beforeKm: Math.round(from.km), afterKm: Math.round(to.km) };
    losers.set(key, { place, from: from.pop, to: to.pop, weight, share: ratio(weight, total), ...distances });
    return;
  }
  loser.weight += weight;
  loser.share = ratio(loser.weight, total);
}

function loss({ weight, beforeKm, afterKm }: CatchmentLoser): number {
  return weight * (afterKm - beforeKm);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
