// The balancers by their names in the configuration.

import type { Random } from '../../base/random.ts';
import type { Balancer } from './balancer.ts';
import { createBoundedLoad } from './bounded-load.ts';
import { createConsistentHash } from './consistent-hash.ts';
import { createHotSpread } from './hot-spread.ts';
import { createLeastConnections } from './least-connections.ts';
import { createRoundRobin } from './round-robin.ts';

export const BALANCE_POLICIES = [
  'round-robin',
  'least-connections',
  'consistent-hash',
  'bounded-load',
] as const;

export interface BalanceOptions {
  policy: (typeof BALANCE_POLICIES)[number];
  /** Least connections of two members drawn by lot instead of all. */
  powerOfTwo: boolean;
  /** Bounded load: how many times its fair share a member may have under way. */
  loadFactor: number;
  /** Spreads keys asked for more often than this over several members; absent: never. */
  hot?: { requestsPerSecond: number; members: number };
}

/** `self` is the member that is this edge itself, if it is one. */
export function createBalancer(
  members: readonly { name: string; weight: number }[],
  options: BalanceOptions,
  random: Random,
  self?: string,
): Balancer {
  const balancer = byPolicy(members, options, random);
  return options.hot ? createHotSpread(members, balancer, { ...options.hot, self }) : balancer;
}

function byPolicy(
  members: readonly { name: string; weight: number }[],
  options: BalanceOptions,
  random: Random,
): Balancer {
  switch (options.policy) {
    case 'round-robin':
      return createRoundRobin();
    case 'least-connections':
      return createLeastConnections(options.powerOfTwo, random);
    case 'consistent-hash':
      return createConsistentHash(members);
    case 'bounded-load':
      return createBoundedLoad(members, options.loadFactor);
  }
}
