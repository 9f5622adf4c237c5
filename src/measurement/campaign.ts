// The plan of a campaign (pure): which requests each client makes, and when. The requests of all clients are laid on
// one time line at a fixed rate, so that the few cores under the lab are never busy enough to add latency of their
// own: the rate is the knob, not a number of parallel workers.

import { CDN_ZONE } from '../topology/cdn-zone.ts';
import type { ClientLocation, DualStack, ResolvedTopology } from '../topology/resolved.ts';
import type { ProbeTask, TasksJob } from './probe-job.ts';
import { type Family, STEERING_STRATEGIES, type SteeringStrategy } from './sample.ts';

export type CampaignSizeName = 'quick' | 'default' | 'thorough';

/** Requests per client and strategy (per POP for the oracle), and the rate over all clients. */
export interface CampaignSize {
  warm: number;
  cold: number;
  oracle: number;
  requestsPerSecond: number;
}

export const CAMPAIGN_SIZES: Record<CampaignSizeName, CampaignSize> = {
  quick: { warm: 3, cold: 1, oracle: 2, requestsPerSecond: 60 },
  default: { warm: 5, cold: 3, oracle: 3, requestsPerSecond: 50 },
  thorough: { warm: 15, cold: 9, oracle: 9, requestsPerSecond: 50 },
};

/** A request that takes longer counts as failed: well above any RTT of the planet with one lost SYN. */
export const REQUEST_TIMEOUT_MS = 5000;

/** Probe processes at once: each costs about 10 MB and a share of the start-up time. */
export const CLIENTS_AT_ONCE = 24;

export interface ClientPlan {
  client: string;
  job: TasksJob;
}

export interface CampaignPlan {
  family: Family;
  /** Clients of one batch run together; batches follow each other. */
  batches: ClientPlan[][];
  requests: number;
  /** Time on the line of all batches, without start-up and the last answers. */
  durationMs: number;
}

export interface CampaignOptions {
  family: Family;
  size: CampaignSize;
  /** Makes cold names and paths new; a label of a DNS name. */
  nonce: string;
  strategies?: readonly SteeringStrategy[];
  /** Client names; all by default. */
  clients?: readonly string[];
}

/** The plan; same input, same plan. */
export function planCampaign(topology: ResolvedTopology, options: CampaignOptions): CampaignPlan {
  const wanted = topology.clients.filter((client) => options.clients?.includes(client.name) ?? true);
  const batches: ClientPlan[][] = [];
  let requests = 0;
  let durationMs = 0;
  for (let first = 0; first < wanted.length; first += CLIENTS_AT_ONCE) {
    const clients = wanted.slice(first, first + CLIENTS_AT_ONCE);
    const gapMs = 1000 / options.size.requestsPerSecond;
    const batch = clients.map((client, i) => ({
      client: client.name,
      job: {
        mode: 'tasks' as const,
        tasks: clientTasks(topology, client, options).map((task, k) => ({
          ...task,
          id: `${client.name}/${k}`,
          atMs: Math.round((k * clients.length + i) * gapMs),
        })),
      },
    }));
    batches.push(batch);
    requests += batch.reduce((sum, each) => sum + each.job.tasks.length, 0);
    durationMs += Math.max(0, ...batch.flatMap((each) => each.job.tasks.map((task) => task.atMs)));
  }
  return { family: options.family, batches, requests, durationMs };
}

type UntimedTask = Omit<ProbeTask, 'id' | 'atMs'>;

/**
 * One client's requests, in order: the warm-ups first, then rounds in which all strategies take turns, so that a
 * slow moment of the machine meets them all alike and a warm name is asked again long before its TTL ends.
 */
function clientTasks(
  topology: ResolvedTopology,
  client: ClientLocation,
  options: CampaignOptions,
): UntimedTask[] {
  const { family, size, nonce } = options;
  const strategies = options.strategies ?? STEERING_STRATEGIES;
  const resolver = resolverAddress(topology, client, family);
  const warmPath = `/json/warm-${nonce}?max_age=3600`;
  const common = { family, resolver, timeoutMs: REQUEST_TIMEOUT_MS };
  const named = (strategy: SteeringStrategy, phase: 'warm-up' | 'warm'): UntimedTask => {
    const name = strategyName(strategy);
    return { ...common, strategy, phase, name, host: name, path: warmPath };
  };
  const cold = (strategy: SteeringStrategy, round: number): UntimedTask => {
    const label = `${nonce}-${client.name}-${round}`.toLowerCase();
    const name = `${label}.${strategyName(strategy)}`;
    return {
      ...common,
      strategy,
      phase: 'cold',
      name,
      host: name,
      path: `/json/cold-${label}-${strategy}?max_age=60`,
    };
  };
  const oracle = (): UntimedTask[] =>
    topology.pops.map((pop) => ({
      family,
      timeoutMs: REQUEST_TIMEOUT_MS,
      strategy: 'oracle',
      phase: 'warm',
      address: addressOf(pop.edge, family),
      host: `${pop.code}.${CDN_ZONE}`,
      path: warmPath,
    }));

  const tasks = strategies.map((strategy) => named(strategy, 'warm-up'));
  const rounds = Math.max(size.warm, size.cold, size.oracle);
  for (let round = 0; round < rounds; round++) {
    if (round < size.oracle) tasks.push(...oracle());
    if (round < size.cold) tasks.push(...strategies.map((strategy) => cold(strategy, round)));
    if (round < size.warm) tasks.push(...strategies.map((strategy) => named(strategy, 'warm')));
  }
  return tasks;
}

/** The name that is steered this way: `nearest.cdn.test`. */
export function strategyName(strategy: SteeringStrategy): string {
  const label = strategy === 'anycast' ? 'anycast' : strategy.slice('dns-'.length);
  return `${label}.${CDN_ZONE}`;
}

/** Where a client asks. */
export function resolverAddress(topology: ResolvedTopology, client: ClientLocation, family: Family): string {
  const resolver = topology.resolvers.find((each) => each.name === client.resolver);
  if (!resolver)
    throw new Error(`client ${client.name} names no resolver of the topology: ${client.resolver}`);
  return addressOf(resolver.address, family);
}

export function addressOf(addresses: DualStack, family: Family): string {
  return family === 4 ? addresses.ipv4 : addresses.ipv6;
}
