// Round-trip times that POPs measured to client prefixes, merged over POPs. Entries carry when they were measured. Past
// STALE_AFTER_SECONDS an entry no longer decides anything by itself: routes and loads have changed since, so geography
// comes first; it is used only where there is no location either. An unreachable POP's entries stay and grow old.

import type { Prefix } from '../../net/prefix.ts';
import { PrefixTrie } from './prefix-trie.ts';

export const STALE_AFTER_SECONDS = 600;

export interface RttEntry {
  prefix: Prefix;
  rttMs: number;
  measuredAtMs: number;
  samples: number;
}

export interface RttLookup {
  /** By POP name; empty when no entry covers the client. */
  byPop: ReadonlyMap<string, { rttMs: number; ageSeconds: number; stale: boolean }>;
  /** How wide a network has this very result. */
  scopePrefixLength: number;
}

type Measured = { rttMs: number; measuredAtMs: number };

export class RttTable {
  #entriesByPop = new Map<string, readonly RttEntry[]>();
  #trie = new PrefixTrie<Map<string, Measured>>();
  #merged: readonly { prefix: Prefix; byPop: ReadonlyMap<string, Measured> }[] = [];

  /** Replaces what one POP measured. */
  setPop(pop: string, entries: readonly RttEntry[]): void {
    this.#entriesByPop.set(pop, entries);
    ({ trie: this.#trie, merged: this.#merged } = mergeEntries(this.#entriesByPop));
  }

  lookup(address: Uint8Array, nowMs: number): RttLookup {
    const match = this.#trie.lookup(address);
    return { byPop: withAges(match.value ?? new Map(), nowMs), scopePrefixLength: match.scopePrefixLength };
  }

  /** Every measured prefix with what holds for it, that of shorter prefixes around it included. */
  merged(nowMs: number): { prefix: Prefix; byPop: RttLookup['byPop'] }[] {
    return this.#merged.map(({ prefix, byPop }) => ({ prefix, byPop: withAges(byPop, nowMs) }));
  }

  entries(): { pop: string; entries: readonly RttEntry[] }[] {
    return [...this.#entriesByPop].map(([pop, entries]) => ({ pop, entries }));
  }
}

function withAges(measured: ReadonlyMap<string, Measured>, nowMs: number): RttLookup['byPop'] {
  const byPop = new Map<string, { rttMs: number; ageSeconds: number; stale: boolean }>();
  for (const [pop, { rttMs, measuredAtMs }] of measured) {
    const ageSeconds = Math.max(0, (nowMs - measuredAtMs) / 1000);
    byPop.set(pop, { rttMs, ageSeconds, stale: ageSeconds > STALE_AFTER_SECONDS });
  }
  return byPop;
}

/** POPs may measure prefixes of different lengths: a longer one inherits what the shorter ones around it say. */
function mergeEntries(entriesByPop: ReadonlyMap<string, readonly RttEntry[]>) {
  const trie = new PrefixTrie<Map<string, Measured>>();
  const merged: { prefix: Prefix; byPop: Map<string, Measured> }[] = [];
  const all = [...entriesByPop].flatMap(([pop, entries]) => entries.map((entry) => ({ pop, ...entry })));
  all.sort((a, b) => a.prefix.length - b.prefix.length);
  for (const { pop, prefix, rttMs, measuredAtMs } of all) {
    const around = trie.lookup(prefix.bytes);
    const same = around.matchedLength === prefix.length;
    const byPop = (same && around.value) || new Map(around.value ?? []);
    byPop.set(pop, { rttMs, measuredAtMs });
    if (same) continue;
    trie.set(prefix, byPop);
    merged.push({ prefix, byPop });
  }
  return { trie, merged };
}
