// Shortest paths inside each AS over its backbone links, as the IGP finds them (cost from igp-cost.ts): for the hot
// potato step of BGP's decision and for the hops between two routers of one AS.

import type { Link, ResolvedTopology } from '../topology/resolved.ts';
import { igpCost } from './igp-cost.ts';

export interface IgpRoute {
  cost: number;
  /** First hop towards the destination. */
  nextHop: string;
  link: string;
}

/** From router, to router; absent where no path is left. A router is at cost 0 from itself and has no entry. */
export type IgpTables = Map<string, Map<string, IgpRoute>>;

export function igpTables(topology: ResolvedTopology, isAlive: (link: Link) => boolean): IgpTables {
  const neighbours = new Map<string, { to: string; cost: number; link: string }[]>();
  for (const link of topology.links) {
    if (link.kind !== 'backbone' || !isAlive(link)) continue;
    const cost = igpCost(link);
    for (const [from, to] of [
      [link.a.node, link.b.node],
      [link.b.node, link.a.node],
    ] as const) {
      const list = neighbours.get(from) ?? [];
      list.push({ to, cost, link: link.name });
      neighbours.set(from, list);
    }
  }
  return new Map([...neighbours.keys()].map((from) => [from, shortestPaths(from, neighbours)]));
}

/** Dijkstra without a heap: a transit has some ten routers. Equal costs keep the path that was found first. */
function shortestPaths(
  from: string,
  neighbours: Map<string, { to: string; cost: number; link: string }[]>,
): Map<string, IgpRoute> {
  const table = new Map<string, IgpRoute>();
  const settled = new Set<string>([from]);
  let current: string | undefined = from;
  while (current !== undefined) {
    const base: IgpRoute | undefined = table.get(current);
    for (const { to, cost, link } of neighbours.get(current) ?? []) {
      const total = (base?.cost ?? 0) + cost;
      const known = table.get(to);
      if (settled.has(to) || (known && known.cost <= total)) continue;
      table.set(to, { cost: total, nextHop: base?.nextHop ?? to, link: base?.link ?? link });
    }
    current = undefined;
    let nearest = Number.POSITIVE_INFINITY;
    for (const [node, route] of table) {
      if (settled.has(node) || route.cost >= nearest) continue;
      nearest = route.cost;
      current = node;
    }
    if (current !== undefined) settled.add(current);
  }
  return table;
}
