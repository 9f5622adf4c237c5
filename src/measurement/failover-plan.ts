// The plan of the probes of a failure scenario (pure): every client asks for a small object at a steady rate over DNS
// steering and over anycast, and holds long downloads open over both.

import type { ResolvedTopology } from '../topology/resolved.ts';
import { addressOf, resolverAddress, strategyName } from './campaign.ts';
import { LOST_AFTER_MS, STALLED_AFTER_MS } from './failover.ts';
import type { PacedJob, ProbeTarget } from './probe-job.ts';
import type { Family, SteeringStrategy } from './sample.ts';

export interface FailoverPlanOptions {
  family: Family;
  durationMs: number;
  ratePerSecond: number;
  strategies: readonly SteeringStrategy[];
  /** Long downloads that each client holds open per strategy. */
  downloads: number;
  /** Keeps the objects of two runs apart. */
  nonce: string;
}

/** A slow stream: 20 kB a second is a byte every 50 ms or so, and nothing to the links. */
const STREAM_BYTES_PER_SECOND = 20_000;

export function planFailoverProbes(
  topology: ResolvedTopology,
  options: FailoverPlanOptions,
): { client: string; job: PacedJob }[] {
  const gapMs = 1000 / options.ratePerSecond;
  return topology.clients.map((client, i) => {
    const target = (strategy: SteeringStrategy, path: string): ProbeTarget => {
      const name = strategyName(strategy);
      // Anycast goes by its address: the point is the route, and its name could only fail with the resolver.
      const where =
        strategy === 'anycast'
          ? { address: addressOf(topology.anycast.http.address, options.family) }
          : { name, resolver: resolverAddress(topology, client, options.family) };
      return {
        ...where,
        strategy,
        family: options.family,
        host: name,
        path,
        timeoutMs: LOST_AFTER_MS,
      };
    };
    const seconds = Math.ceil(options.durationMs / 1000) + 60;
    const bytes = seconds * STREAM_BYTES_PER_SECOND;
    const downloads = options.strategies.flatMap((strategy) =>
      Array.from({ length: options.downloads }, (_, n) =>
        target(
          strategy,
          `/stream/${bytes}?seconds=${seconds}&max_age=0&of=${options.nonce}-${client.name}-${strategy}-${n}`,
        ),
      ),
    );
    return {
      client: client.name,
      job: {
        mode: 'paced' as const,
        durationMs: options.durationMs,
        ratePerSecond: options.ratePerSecond,
        offsetMs: Math.round((i * gapMs) / topology.clients.length),
        targets: options.strategies.map((strategy) =>
          target(strategy, `/json/failover-${options.nonce}?max_age=3600`),
        ),
        downloads,
        stallMs: STALLED_AFTER_MS,
      },
    };
  });
}
