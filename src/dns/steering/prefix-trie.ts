// Longest match over prefixes that also says how far the answer holds: on a miss, the depth of the hole around the
// address; on a hit, the widest network in which no longer entry hides. That depth is the ECS scope which cannot poison a
// resolver's cache (RFC 7871 section 7.2.1).

import type { Prefix } from '../../net/prefix.ts';

interface Node<T> {
  zero?: Node<T>;
  one?: Node<T>;
  value?: T;
}

export interface Match<T> {
  value?: T;
  /** Length of the matched entry's prefix. */
  matchedLength?: number;
  /** The lookup has the same result for all addresses that share this many bits. */
  scopePrefixLength: number;
}

export class PrefixTrie<T> {
  #roots: Record<4 | 16, Node<T>> = { 4: {}, 16: {} };

  set(prefix: Prefix, value: T): void {
    let node = this.#roots[prefix.bytes.length === 4 ? 4 : 16];
    for (let bit = 0; bit < prefix.length; bit++) {
      const side = bitAt(prefix.bytes, bit) ? 'one' : 'zero';
      node[side] ??= {};
      node = node[side];
    }
    node.value = value;
  }

  lookup(address: Uint8Array): Match<T> {
    let node = this.#roots[address.length === 4 ? 4 : 16];
    const match: Match<T> = { scopePrefixLength: 0 };
    for (let bit = 0; ; bit++) {
      if (node.value !== undefined) {
        match.value = node.value;
        match.matchedLength = bit;
      }
      match.scopePrefixLength = bit;
      if (bit === address.length * 8 || (!node.zero && !node.one)) return match;
      const next = bitAt(address, bit) ? node.one : node.zero;
      if (!next) {
        match.scopePrefixLength = bit + 1;
        return match;
      }
      node = next;
    }
  }
}

function bitAt(bytes: Uint8Array, bit: number): boolean {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}
