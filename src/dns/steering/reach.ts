// What policies can come to, whatever the client and the health.

import { type ListNode, reachOfList } from './kinds/list.ts';
import { kindOf, type PolicyNode } from './policies.ts';
import type { Reach } from './policy-kind.ts';

export function reachOf(node: PolicyNode): Reach {
  return node.kind === 'list' ? reachOfList(node as ListNode) : kindOf(node.kind).reaches(node);
}

/** Each policy below the roots once; with `andAsked` also those that are asked for an order only. */
export function visitPolicies(
  nodes: readonly PolicyNode[],
  roots: readonly number[],
  see: (node: PolicyNode) => void,
  options: { andAsked?: boolean } = {},
): void {
  const seen = new Set<number>();
  const go = (index: number): void => {
    const node = nodes[index];
    if (!node || seen.has(index)) return;
    seen.add(index);
    see(node);
    const { nodes: next = [], asks = [] } = reachOf(node);
    for (const child of next) go(child);
    if (options.andAsked) for (const child of asks) go(child);
  };
  for (const root of roots) go(root);
}
