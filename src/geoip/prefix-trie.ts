// The binary trie of an MMDB file: one bit of the address a level, 128 levels, IPv4 below ::/96 ("MaxMind DB File
// Format Specification" 2.0, "Binary Search Tree Section"). Built by inserting short prefixes before long ones,
// so that a long one splits the leaf of the short one above it and never hides below it.

import assert from 'node:assert/strict';
import type { Prefix } from '../net/prefix.ts';

/** A leaf holds the offset of its record in the data section. */
type Child = TrieNode | number | undefined;

export interface TrieNode {
  children: [Child, Child];
}

/** The trie of all prefixes; `record` is the offset in the data section. Two different records for one prefix are refused. */
export function buildTrie(entries: { prefix: Prefix; record: number }[]): TrieNode {
  const root: TrieNode = { children: [undefined, undefined] };
  const placed = entries.map(({ prefix, record }) => ({
    bytes: in128Bits(prefix),
    length: depthOf(prefix),
    record,
  }));
  placed.sort((a, b) => a.length - b.length);
  for (const { bytes, length, record } of placed) insert(root, bytes, length, record);
  return root;
}

/** Nodes in the order they are written: the root first, then left before right. */
export function listNodes(root: TrieNode): TrieNode[] {
  const nodes = [root];
  for (let i = 0; i < nodes.length; i++) {
    for (const child of nodes[i]?.children ?? []) if (typeof child === 'object') nodes.push(child);
  }
  return nodes;
}

function insert(root: TrieNode, bytes: Uint8Array, length: number, record: number): void {
  if (length === 0) {
    root.children = [record, record];
    return;
  }
  let node = root;
  for (let depth = 0; depth < length - 1; depth++) {
    const side = bitAt(bytes, depth);
    const child = node.children[side];
    if (typeof child === 'object') node = child;
    else {
      // Below a shorter prefix: both halves first inherit its record, then one of them is refined.
      const split: TrieNode = { children: [child, child] };
      node.children[side] = split;
      node = split;
    }
  }
  const side = bitAt(bytes, length - 1);
  assert(typeof node.children[side] !== 'object', 'short prefixes are inserted before long ones');
  node.children[side] = record;
}

function depthOf(prefix: Prefix): number {
  return prefix.bytes.length === 4 ? 96 + prefix.length : prefix.length;
}

function in128Bits(prefix: Prefix): Uint8Array {
  if (prefix.bytes.length === 16) return prefix.bytes;
  const bytes = new Uint8Array(16);
  bytes.set(prefix.bytes, 12);
  return bytes;
}

function bitAt(bytes: Uint8Array, index: number): 0 | 1 {
  return (((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) as 0 | 1;
}
