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

  /** Replaces what one POP measured. */
  setPop(pop: string, entries: readonly RttEntry[]): void {
    this.#entriesByPop.set(pop, entries);
    this.#trie = buildTrie(this.#entriesByPop);
  }

  lookup(address: Uint8Array, nowMs: number): RttLookup {
    const match = this.#trie.lookup(address);
    const byPop = new Map<string, { rttMs: number; ageSeconds: number; stale: boolean }>();
    for (const [pop, measured] of match.value ?? []) {
      const ageSeconds = Math.max(0, (nowMs - measured.measuredAtMs) / 1000);
      byPop.set(pop, { rttMs: measured.rttMs, ageSeconds, stale: ageSeconds > STALE_AFTER_SECONDS });
    }
    return { byPop, scopePrefixLength: match.scopePrefixLength };
  }

  entries(): { pop: string; entries: readonly RttEntry[] }[] {
    return [...this.#entriesByPop].map(([pop, entries]) => ({ pop, entries }));
  }
}

/** POPs may measure prefixes of different lengths: a longer one inherits what the shorter ones around it say. */
function buildTrie(
  entriesByPop: ReadonlyMap<string, readonly RttEntry[]>,
): PrefixTrie<Map<string, Measured>> {
  const trie = new PrefixTrie<Map<string, Measured>>();
  const all = [...entriesByPop].flatMap(([pop, entries]) => entries.map((entry) => ({ pop, ...entry })));
  all.sort((a, b) => a.prefix.length - b.prefix.length);
  for (const entry of all) {
    const around = trie.lookup(entry.prefix.bytes);
    const same = around.matchedLength === entry.prefix.length;
    const byPop = (same && around.value) || new Map(around.value ?? []);
    byPop.set(entry.pop, { rttMs: entry.rttMs, measuredAtMs: entry.measuredAtMs });
    if (!same) trie.set(entry.prefix, byPop);
  }
  return trie;
}
