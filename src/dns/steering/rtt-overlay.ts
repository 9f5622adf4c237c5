// The RTT table as steering reads it: for each prefix the order of POPs by RTT, fresh and stale ones apart. Prefixes with equal
// orders merge. Small beside GeoIP tables, and built anew whenever POPs report. Plain data, for worker threads.

import type { PrefixTable } from './prefix-table.ts';
import type { RttTable } from './rtt-table.ts';
import { tableFromPrefixes } from './table-from-prefixes.ts';

export interface RttAspect {
  /** POP indexes by RTT; equal RTTs go by name, for distance may differ within the prefix. */
  fresh: readonly number[];
  /** POPs whose entries are too old to decide, by their old RTTs. */
  stale: readonly number[];
}

export interface RttOverlay {
  table: PrefixTable;
  /** By class. */
  aspects: readonly RttAspect[];
  /** When entries were judged fresh or stale, milliseconds since the epoch. */
  asOfMs: number;
}

export const NO_RTTS: RttAspect = { fresh: [], stale: [] };

export function compileRtts(rtts: RttTable, popNames: readonly string[], nowMs: number): RttOverlay {
  const aspects: RttAspect[] = [NO_RTTS];
  const classes = new Map<string, number>([[JSON.stringify(NO_RTTS), 0]]);
  const entries = rtts.merged(nowMs).map(({ prefix, byPop }) => {
    const aspect = rttAspect(byPop, popNames);
    const key = JSON.stringify(aspect);
    let value = classes.get(key);
    if (value === undefined) {
      value = aspects.push(aspect) - 1;
      classes.set(key, value);
    }
    return { prefix, value };
  });
  return { table: tableFromPrefixes(entries), aspects, asOfMs: nowMs };
}

/** `byPop` as RttTable's `lookup` gives it. */
export function rttAspect(
  byPop: ReadonlyMap<string, { rttMs: number; stale: boolean }>,
  popNames: readonly string[],
): RttAspect {
  const measured = [...byPop]
    .map(([pop, { rttMs, stale }]) => ({ pop, index: popNames.indexOf(pop), rttMs, stale }))
    .filter(({ index }) => index >= 0)
    .sort((a, b) => a.rttMs - b.rttMs || (a.pop < b.pop ? -1 : 1));
  const indexes = (stale: boolean) =>
    measured.filter((each) => each.stale === stale).map(({ index }) => index);
  return { fresh: indexes(false), stale: indexes(true) };
}
