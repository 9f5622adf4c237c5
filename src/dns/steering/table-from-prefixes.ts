// A table from a list of prefixes with classes: what configurations and measurements give. The longest match wins; prefixes
// without any match have class 0.

import type { Prefix } from '../../net/prefix.ts';
import { type PrefixTable, PrefixTableBuilder } from './prefix-table.ts';

interface Node {
  zero?: Node;
  one?: Node;
  value?: number;
}

export function tableFromPrefixes(entries: Iterable<{ prefix: Prefix; value: number }>): PrefixTable {
  const roots: Record<4 | 16, Node> = { 4: {}, 16: {} };
  for (const { prefix, value } of entries) {
    let node = roots[prefix.bytes.length === 4 ? 4 : 16];
    for (let bit = 0; bit < prefix.length; bit++) {
      const side = ((prefix.bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0 ? 'zero' : 'one';
      node[side] ??= {};
      node = node[side];
    }
    node.value = value;
  }
  const builder = new PrefixTableBuilder();
  const add = (node: Node | undefined, inherited: number): number => {
    if (!node) return ~inherited;
    const value = node.value ?? inherited;
    return node.zero || node.one ? builder.join(add(node.zero, value), add(node.one, value)) : ~value;
  };
  return builder.finish(add(roots[4], 0), add(roots[16], 0));
}
