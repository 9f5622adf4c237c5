// From policies to groups: walks the GeoIP file and adds up, for every group, its prefixes and addresses; over one policy, or
// over two at once for a comparison. Generators, because a full city database takes seconds: they yield how far they are.

import type { Family } from '../../net/ip-address.ts';
import type { GroupPair } from './compare.ts';
import { type CatchmentGroup, type GroupSize, prefixSize } from './group.ts';
import type { PolicyView, ViewedGroup } from './policy-view.ts';
import { type Stop, walkTries } from './trie.ts';

export interface Collected {
  groups: CatchmentGroup[];
  prefixes: number;
  /** Networks of different ECS scope: the entries that one name takes in the cache of a resolver with clients everywhere. */
  scopes: number;
  /** Mean ECS scope in bits, over addresses that the file knows. */
  meanScope: number;
}

/** Yields the share that is done, 0 to 1. */
export function* collectGroups(view: PolicyView, family: Family): Generator<number, Collected, undefined> {
  const sizes = new Map<ViewedGroup, GroupSize>();
  const at = [...view.tries.keys()];
  const total = { prefixes: 0, scopes: 0, scopeBits: 0, known: 0 };
  yield* walkTries(
    view.tries,
    family,
    (stop) => {
      const group = view.groupAt(stop, at);
      addPrefix(sizes, group, family, stop.length);
      const scope = scopeOf(group, stop);
      total.prefixes++;
      // A prefix is a part of its scope's network, or holds several of them.
      total.scopes += 2 ** (scope - stop.length);
      if (group.known) {
        const size = 2 ** -stop.length;
        total.known += size;
        total.scopeBits += size * scope;
      }
    },
    insideIpv4(family, [[view, 0]]),
  );
  return {
    groups: [...sizes].map(([group, size]) => ({ ...group, ...size })),
    prefixes: total.prefixes,
    scopes: Math.round(total.scopes),
    meanScope: total.known === 0 ? 0 : total.scopeBits / total.known,
  };
}

/** Yields the share that is done, 0 to 1. */
export function* collectPairs(
  before: PolicyView,
  after: PolicyView,
  family: Family,
): Generator<number, GroupPair[], undefined> {
  // Both sides may read the same GeoIP file: walked once.
  const tries = [...new Set([...before.tries, ...after.tries])];
  const [oldAt, freshAt] = [before, after].map((view) => view.tries.map((trie) => tries.indexOf(trie))) as [
    number[],
    number[],
  ];
  const pairs = new Map<ViewedGroup, Map<ViewedGroup, GroupPair>>();
  yield* walkTries(
    tries,
    family,
    (stop) => {
      const [old, fresh] = [before.groupAt(stop, oldAt), after.groupAt(stop, freshAt)];
      let byFresh = pairs.get(old);
      if (!byFresh) {
        byFresh = new Map();
        pairs.set(old, byFresh);
      }
      let pair = byFresh.get(fresh);
      if (!pair) {
        pair = { before: old, after: fresh, prefixes: 0, addresses: 0, networks: 0 };
        byFresh.set(fresh, pair);
      }
      grow(pair, family, stop.length);
    },
    insideIpv4(family, [
      [before, oldAt[0] as number],
      [after, freshAt[0] as number],
    ]),
  );
  return [...pairs.values()].flatMap((byFresh) => [...byFresh.values()]);
}

/** Bits of the address that the answer at a stop depends on. */
function scopeOf(group: ViewedGroup, { depths }: Stop): number {
  let scope = group.leastScope;
  for (const trie of group.readTries) scope = Math.max(scope, depths[trie] as number);
  return scope;
}

/** GeoIP files have the IPv4 addresses inside IPv6 too, in several places: they have been counted as IPv4. */
function insideIpv4(family: Family, views: readonly [PolicyView, at: number][]) {
  if (family === 4) return undefined;
  return (references: Int32Array) =>
    views.some(([view, at]) => view.ipv4Root >= 0 && references[at] === view.ipv4Root);
}

function addPrefix(
  sizes: Map<ViewedGroup, GroupSize>,
  group: ViewedGroup,
  family: Family,
  length: number,
): void {
  let size = sizes.get(group);
  if (!size) {
    size = { prefixes: 0, addresses: 0, networks: 0 };
    sizes.set(group, size);
  }
  grow(size, family, length);
}

function grow(size: GroupSize, family: Family, length: number): void {
  size.prefixes++;
  if (family === 4) size.addresses += prefixSize(4, length);
  else size.networks += prefixSize(16, length);
}
