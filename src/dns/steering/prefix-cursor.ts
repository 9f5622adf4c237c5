// Walks several tries over the same addresses at once, GeoIP trees and compiled tables alike: it stops at each prefix in which
// every one of them has a single value. In address order, without recursion or garbage, for millions of prefixes.

import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import type { Family } from '../../net/ip-address.ts';
import type { PrefixTable } from './prefix-table.ts';

export interface Trie {
  root: number;
  child(reference: number, side: 0 | 1): number;
  isLeaf(reference: number): boolean;
  /** The root of IPv4 addresses. */
  ipv4Root: number;
}

export function tableTrie(table: PrefixTable, clients: Family): Trie {
  return {
    root: clients === 4 ? table.root4 : table.root6,
    child: (reference, side) => table.nodes[2 * reference + side] as number,
    isLeaf: (reference) => reference < 0,
    ipv4Root: table.root4,
  };
}

export function mmdbTrie(tree: MmdbTree, clients: Family): Trie {
  const none = clients === 6 && tree.ipVersion === 4;
  return {
    root: none ? tree.nodeCount : clients === 4 ? tree.ipv4Root : 0,
    child: (reference, side) => (side === 0 ? tree.left(reference) : tree.right(reference)),
    isLeaf: (reference) => reference >= tree.nodeCount,
    ipv4Root: tree.ipv4Root,
  };
}

export class PrefixCursor {
  /** Network address of the prefix, host bits zero. */
  readonly bytes: Uint8Array;
  length = 0;
  /** All IPv4 addresses inside IPv6 (2002::/16 and the like), which a walk of IPv4 has already: not gone into. */
  isAlias = false;
  #tries: readonly Trie[];
  /** By depth and trie. */
  #references: number[][];
  #skipAliases: boolean;
  #started = false;

  constructor(tries: readonly Trie[], clients: Family, options: { skipAliases: boolean }) {
    this.bytes = new Uint8Array(clients === 4 ? 4 : 16);
    this.#tries = tries;
    this.#references = Array.from({ length: this.bytes.length * 8 + 1 }, () =>
      tries.map((trie) => trie.root),
    );
    this.#skipAliases = options.skipAliases && clients === 6;
  }

  /** The value of a trie at the prefix: its leaf. */
  leaf(trie: number): number {
    return this.#references[this.length]?.[trie] as number;
  }

  /** To the next prefix; false after the last. */
  next(): boolean {
    if (this.#started && !this.#toNextBranch()) return false;
    this.#started = true;
    this.isAlias = false;
    while (!this.#allLeaves()) {
      if (this.#skipAliases && this.#allAtIpv4()) {
        this.isAlias = true;
        return true;
      }
      // A deeper trie is none of addresses: what is below cannot be reached by any lookup.
      if (this.length === this.bytes.length * 8) return true;
      this.#descend(0);
    }
    return true;
  }

  #toNextBranch(): boolean {
    while (this.length > 0) {
      const at = (this.length - 1) >> 3;
      const mask = 0x80 >> ((this.length - 1) & 7);
      const isRight = ((this.bytes[at] as number) & mask) !== 0;
      this.bytes[at] = (this.bytes[at] as number) & ~mask;
      this.length--;
      if (isRight) continue;
      this.bytes[at] = (this.bytes[at] as number) | mask;
      this.#descend(1);
      return true;
    }
    return false;
  }

  #descend(side: 0 | 1): void {
    const from = this.#references[this.length] as number[];
    const to = this.#references[this.length + 1] as number[];
    for (let i = 0; i < from.length; i++) {
      const trie = this.#tries[i] as Trie;
      const reference = from[i] as number;
      to[i] = trie.isLeaf(reference) ? reference : trie.child(reference, side);
    }
    this.length++;
  }

  #allLeaves(): boolean {
    const references = this.#references[this.length] as number[];
    for (let i = 0; i < references.length; i++) {
      if (!this.#tries[i]?.isLeaf(references[i] as number)) return false;
    }
    return true;
  }

  #allAtIpv4(): boolean {
    const references = this.#references[this.length] as number[];
    return references.every((reference, i) => {
      const trie = this.#tries[i] as Trie;
      return reference === trie.ipv4Root || trie.isLeaf(reference);
    });
  }
}
