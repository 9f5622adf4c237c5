// Binary tries over address bits, seen alike: a GeoIP file's search tree and a compiled table of prefixes. They are walked
// together, so that each stop is a prefix over which all of them say one thing.

import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import type { Family } from '../../net/ip-address.ts';
import type { PrefixTable } from '../steering/prefix-table.ts';

/** References are numbers of the trie's own; those of leaves stand for what the trie says there. */
export interface Trie {
  root(family: Family): number;
  isLeaf(reference: number): boolean;
  left(reference: number): number;
  right(reference: number): number;
}

const MMDB_TRIES = new WeakMap<MmdbTree, Trie>();

/** Leaves are `nodeCount` (no record) and references of records. The same trie for the same tree. */
export function mmdbTrie(tree: MmdbTree): Trie {
  const known = MMDB_TRIES.get(tree);
  if (known) return known;
  const trie: Trie = {
    root: (family) => (family === 4 ? tree.ipv4Root : tree.ipVersion === 6 ? 0 : tree.nodeCount),
    isLeaf: (reference) => reference >= tree.nodeCount,
    left: (reference) => tree.left(reference),
    right: (reference) => tree.right(reference),
  };
  MMDB_TRIES.set(tree, trie);
  return trie;
}

/** Leaves are complements of classes. */
export function tableTrie({ nodes, root4, root6 }: PrefixTable): Trie {
  return {
    root: (family) => (family === 4 ? root4 : root6),
    isLeaf: (reference) => reference < 0,
    left: (reference) => nodes[2 * reference] as number,
    right: (reference) => nodes[2 * reference + 1] as number,
  };
}

export interface Stop {
  /** Of the prefix. */
  length: number;
  /** By trie: its leaf, and the depth at which it became one. Used again for the next stop. */
  leaves: Int32Array;
  depths: Uint8Array;
}

/** Stops between two reports of how far the walk is. */
const REPORT_EVERY = 1 << 16;

/**
 * Visits the prefixes of a family in address order. `skip` says which part of the space is not to be counted (the IPv4
 * addresses inside IPv6); otherwise there are no holes. Yields the share of the address space that is done, so that the
 * caller can show it, or end the walk.
 */
export function* walkTries(
  tries: readonly Trie[],
  family: Family,
  visit: (stop: Stop) => void,
  skip: (references: Int32Array) => boolean = () => false,
): Generator<number, void, undefined> {
  const mostDepth = family === 4 ? 32 : 128;
  const count = tries.length;
  // A row for each depth; a row's references are where the tries are along the path.
  const references = Array.from({ length: mostDepth + 1 }, () => new Int32Array(count));
  const depths = Array.from({ length: mostDepth + 1 }, () => new Uint8Array(count));
  /** 0: neither child visited, 1: left, 2: both. */
  const state = new Uint8Array(mostDepth + 1);
  const stop: Stop = { length: 0, leaves: references[0] as Int32Array, depths: depths[0] as Uint8Array };
  for (let i = 0; i < count; i++) (references[0] as Int32Array)[i] = (tries[i] as Trie).root(family);
  let depth = 0;
  let done = 0;
  let untilReport = REPORT_EVERY;
  while (depth >= 0) {
    const here = references[depth] as Int32Array;
    const ends = state[depth] === 0 && (allLeaves(tries, here) || depth === mostDepth);
    if (ends || (state[depth] === 0 && skip(here))) {
      stop.length = depth;
      stop.leaves = here;
      stop.depths = depths[depth] as Uint8Array;
      if (ends && !skip(here)) visit(stop);
      done += 2 ** -depth;
      if (--untilReport === 0) {
        untilReport = REPORT_EVERY;
        yield done;
      }
      depth--;
      continue;
    }
    const side = state[depth] as number;
    if (side === 2) {
      depth--;
      continue;
    }
    state[depth] = side + 1;
    const next = references[depth + 1] as Int32Array;
    const nextDepths = depths[depth + 1] as Uint8Array;
    const hereDepths = depths[depth] as Uint8Array;
    for (let i = 0; i < count; i++) {
      const trie = tries[i] as Trie;
      const reference = here[i] as number;
      if (trie.isLeaf(reference)) {
        next[i] = reference;
        nextDepths[i] = hereDepths[i] as number;
      } else {
        next[i] = side === 0 ? trie.left(reference) : trie.right(reference);
        nextDepths[i] = depth + 1;
      }
    }
    depth++;
    state[depth] = 0;
  }
}

function allLeaves(tries: readonly Trie[], references: Int32Array): boolean {
  for (let i = 0; i < tries.length; i++) {
    if (!(tries[i] as Trie).isLeaf(references[i] as number)) return false;
  }
  return true;
}
