// BGP's choice among routes to one prefix, step by step as BIRD 2 takes it with the lab's settings (RFC 4271 section
// 9.1.2.2). Every decision says which step made it. Origin and MED are left out: nothing in the lab sets them.

import type { Relationship } from '../topology/resolved.ts';

/** One route as one router holds it. */
export interface Route {
  /** Node that originates the prefix. */
  origin: string;
  /** As received: neighbouring AS first, empty at the origin. */
  asPath: number[];
  /** What the neighbour is that this AS learned it from; kept inside the AS (large community). */
  learnedFrom: Relationship | 'self';
  localPreference: number;
  /** Learned by iBGP. */
  internal: boolean;
  /** Neighbour in the other AS that this AS heard it from: behind the route server, the member. Absent at the origin. */
  entry?: string;
  /** Router the packet is handed to next, directly (eBGP) or by the IGP (iBGP). Absent at the origin. */
  nextHop?: string;
  /** Links to the next hop, for eBGP: one, or two across an IXP's bridge. */
  links: string[];
  /** 0 for eBGP. */
  igpCost: number;
  /** BGP identifier and address of the neighbour that sent it, as numbers. */
  routerId: number;
  neighbourAddress: number;
}

export type DecisionStep =
  | 'local origination'
  | 'local preference'
  | 'AS path length'
  | 'eBGP over iBGP'
  | 'IGP cost'
  | 'router id'
  | 'neighbour address';

const STEPS: [DecisionStep, (route: Route) => number][] = [
  // A static route has BIRD's preference 200, any BGP route 100.
  ['local origination', (route) => (route.learnedFrom === 'self' && !route.internal ? 0 : 1)],
  ['local preference', (route) => -route.localPreference],
  ['AS path length', (route) => route.asPath.length],
  ['eBGP over iBGP', (route) => (route.internal ? 1 : 0)],
  ['IGP cost', (route) => route.igpCost],
  ['router id', (route) => route.routerId],
  ['neighbour address', (route) => route.neighbourAddress],
];

/** Negative when `a` is better, positive when `b` is; and the step that told them apart. */
export function compareRoutes(a: Route, b: Route): { order: number; step: DecisionStep } {
  for (const [step, rank] of STEPS) {
    const order = rank(a) - rank(b);
    if (order !== 0) return { order, step };
  }
  return { order: 0, step: 'neighbour address' };
}

export function bestRoute(candidates: Iterable<Route>): Route | undefined {
  let best: Route | undefined;
  for (const candidate of candidates) {
    if (!best || compareRoutes(candidate, best).order < 0) best = candidate;
  }
  return best;
}
