// What policies see besides the client, from compiled steering and a snapshot.

import type { Family } from '../../net/ip-address.ts';
import { type ListNode, rankList } from './kinds/list.ts';
import type { SteeringPlan } from './plan.ts';
import { kindOf, type PolicyNode } from './policies.ts';
import { addressOf, type RankWorld } from './ranking.ts';
import { reachOf, visitPolicies } from './reach.ts';
import { type SteeringSnapshot, uncheckedPop } from './snapshot.ts';
import type { SteeringPop } from './steering-input.ts';

export type PlannedSteering = SteeringPlan & { pops: readonly SteeringPop[] };

export function makeWorld(steering: PlannedSteering, snapshot: SteeringSnapshot, family: Family): RankWorld {
  const states = new Map(snapshot.pops.map((state) => [state.pop, state]));
  const world: RankWorld = {
    family,
    popNames: steering.pops.map(({ name }) => name),
    targets: steering.targets,
    states: steering.pops.map(({ name }) => states.get(name) ?? uncheckedPop(name)),
    tableSpec: (table) => steering.tables[table],
    rank: (index) => {
      const node = steering.nodes[index] as PolicyNode;
      return node.kind === 'list' ? rankList(node as ListNode, world) : kindOf(node.kind).rank(node, world);
    },
  };
  return world;
}

/** Families that a rule could ever answer, whatever the client and the health: for NSEC type bitmaps. */
export function reachableFamilies(
  steering: PlannedSteering,
  ruleIndex: number,
): { ipv4: boolean; ipv6: boolean } {
  const targets = new Set<number>();
  const rule = steering.rules[ruleIndex];
  visitPolicies(steering.nodes, rule ? [rule.root] : [], (node) => {
    for (const target of reachOf(node).targets ?? []) targets.add(target);
  });
  const has = (family: Family) =>
    [...targets].some((index) => addressOf(steering.targets[index] ?? {}, family) !== undefined);
  return { ipv4: has(4), ipv6: has(6) };
}

/** Tables that decide for a rule, in the order in which policies first name them. */
export function tablesOf(steering: PlannedSteering, ruleIndex: number): ReadonlySet<number> {
  const tables = new Set<number>();
  const rule = steering.rules[ruleIndex];
  const roots = rule ? [rule.root, ...(rule.nearest === undefined ? [] : [rule.nearest])] : [];
  const see = (node: PolicyNode): void => {
    for (const table of reachOf(node).tables ?? []) tables.add(table);
  };
  visitPolicies(steering.nodes, roots, see, { andAsked: true });
  return tables;
}
