// The whole way to the origin from its configuration: members with their circuits, health and limits, groups with their
// balancers, and over them the one face of upstream.ts. Pure: sockets, clocks and chance come as `deps`
// (io/upstream-start.ts has the real ones).

import assert from 'node:assert/strict';
import type { Random } from '../../base/random.ts';
import { formatEndpoint } from '../../net/endpoint.ts';
import { type BalanceOptions, createBalancer } from '../balance/create-balancer.ts';
import type { Upstream } from '../upstream.ts';
import type { BreakerLimits } from './circuit-breaker.ts';
import { ConcurrencyGate, type SetTimer } from './concurrency-gate.ts';
import { Group } from './group.ts';
import { Member, type MemberSpec } from './member.ts';
import { RetryBudget } from './retry-budget.ts';
import { type SendContext, sendThroughTiers } from './send-through-tiers.ts';
import {
  DEFAULT_CIRCUIT_BREAKER,
  type EdgeEndpoint,
  type HealthCheckOptions,
  pseudonymOf,
  type UpstreamConfig,
} from './upstream-config.ts';

export interface TransportOptions {
  address: string;
  port: number;
  connections: number;
  connectTimeoutMs: number;
  headersTimeoutMs: number;
  bodyTimeoutMs: number;
  sourceAddress?: string;
}

export interface UpstreamDeps {
  /** Name of the POP; of a parent in the same POP this edge makes no use. */
  pop: string;
  /** The way to one address; `who` names it in failures. */
  connect(options: TransportOptions, who: string): Upstream;
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  random: Random;
  setTimer: SetTimer;
  /** Checks until the function returned is called; a result without a problem is a good one. */
  checkHealth(
    transport: Upstream,
    host: string,
    options: HealthCheckOptions,
    onResult: (problem: string | undefined) => void,
  ): () => void;
}

/** A peer or parent that is not there must be noticed sooner than an origin that is merely far away. */
const HOP_CONNECT_TIMEOUT_MS = 1000;
/** A parent waits for the origin itself: who waits for the parent waits longer, or both would give up together. */
const HOP_PATIENCE = 1.5;

export function createUpstream(config: UpstreamConfig, deps: UpstreamDeps): Upstream {
  const self = config.peers?.self ?? deps.pop;
  const { origin, peers, shield } = config;
  const members: Member[] = [];
  const stops: (() => void)[] = [];

  const origins = group(originSpecs(config), {
    balance: config.balance,
    breaker: config.circuitBreaker ?? (config.origins ? DEFAULT_CIRCUIT_BREAKER : undefined),
    healthCheck: config.healthCheck,
    healthHost: origin.host,
    queue: origin.queue,
    failOpen: true,
    timeouts: origin,
  });
  const hop = {
    // Who refuses once is left out at once; a second later one request tries again.
    breaker: { ...(config.circuitBreaker ?? DEFAULT_CIRCUIT_BREAKER), failures: 1 },
    queue: origin.queue,
    failOpen: false,
    timeouts: {
      connectTimeoutMs: Math.min(origin.connectTimeoutMs, HOP_CONNECT_TIMEOUT_MS),
      headersTimeoutMs: Math.ceil(origin.headersTimeoutMs * HOP_PATIENCE),
      bodyTimeoutMs: Math.ceil(origin.bodyTimeoutMs * HOP_PATIENCE),
    },
  };
  const peerGroup =
    peers && group(edgeSpecs('peer', peers.members, origin.connections), { ...hop, ...peers });
  const parents =
    shield && group(edgeSpecs('shield', shield.parents, origin.connections), { ...hop, ...shield });

  let retriesRefused = 0;
  const context: SendContext = {
    tiers: {
      self,
      pop: deps.pop,
      origin: origins,
      peers: peerGroup,
      shield: parents && { group: parents, everyRoute: shield.everyRoute },
    },
    cdnId: pseudonymOf(self),
    originTries: 1 + config.retries.attempts,
    retryStatuses: new Set(config.retries.statuses),
    failureStatuses: new Set(config.circuitBreaker?.statuses ?? []),
    budget: new RetryBudget(config.retries, deps.nowMs()),
    onRetryRefused: () => {
      retriesRefused++;
    },
    nowMs: deps.nowMs,
  };

  return {
    send: (request, events) => sendThroughTiers(context, request, events),
    report: () => ({
      members: members.map((member) => member.report(deps.nowMs())),
      retryTokens: context.budget.tokens(deps.nowMs()),
      retriesRefused,
    }),
    async close(graceful) {
      for (const stop of stops) stop();
      await Promise.all(members.map(({ transport }) => transport.close(graceful)));
    },
  };

  function group(specs: readonly Planned[], options: GroupOptions): Group {
    const made = specs.map(({ spec, connections }) => {
      const who = spec.tier === 'origin' ? 'the origin' : `the ${spec.tier} ${spec.name}`;
      const { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = options.timeouts;
      const { sourceAddress } = config;
      const timeouts = { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs };
      const { address, port } = spec;
      const own = isOwn(spec);
      const transport = deps.connect({ address, port, connections, sourceAddress, ...timeouts }, who);
      const gate = new ConcurrencyGate(
        own ? Number.POSITIVE_INFINITY : connections,
        options.queue,
        origin.queueTimeoutMs,
        deps.setTimer,
      );
      const member = new Member(spec, transport, gate, options.breaker);
      members.push(member);
      const { healthCheck } = options;
      if (healthCheck && !own)
        stops.push(
          deps.checkHealth(transport, options.healthHost ?? formatEndpoint(spec), healthCheck, (problem) =>
            member.checked(problem, healthCheck),
          ),
        );
      return member;
    });
    return new Group(made, options.failOpen, (some) =>
      createBalancer(some, options.balance, deps.random, self),
    );
  }

  /** Itself, whose load is only counted, and the parents of a POP that is its own shield. */
  function isOwn({ tier, name, pop }: MemberSpec): boolean {
    return tier !== 'origin' && (name === self || (tier === 'shield' && pop === deps.pop));
  }
}

interface Planned {
  spec: MemberSpec;
  connections: number;
}

interface GroupOptions {
  balance: BalanceOptions;
  breaker: BreakerLimits | undefined;
  healthCheck: HealthCheckOptions | undefined;
  /** Host of the checks; absent: the address. */
  healthHost?: string;
  queue: number;
  failOpen: boolean;
  timeouts: { connectTimeoutMs: number; headersTimeoutMs: number; bodyTimeoutMs: number };
}

function originSpecs({ origin, origins }: UpstreamConfig): Planned[] {
  const { address, port, connections } = origin;
  if (!origins) {
    assert(address !== undefined && port !== undefined, 'upstreamProblems has seen to it');
    const name = formatEndpoint({ address, port });
    return [{ spec: { tier: 'origin', name, address, port, weight: 1, priority: 0 }, connections }];
  }
  return origins.map((one) => ({
    spec: {
      tier: 'origin',
      name: one.name ?? formatEndpoint(one),
      address: one.address,
      port: one.port,
      weight: one.weight,
      priority: one.priority,
    },
    connections: one.connections ?? connections,
  }));
}

function edgeSpecs(tier: 'peer' | 'shield', edges: readonly EdgeEndpoint[], connections: number): Planned[] {
  return edges.map(({ name, address, port, weight, pop }) => ({
    spec: { tier, name, address, port, weight, priority: 0, pop: pop ?? name },
    connections,
  }));
}
