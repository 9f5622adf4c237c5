// Samples made up for the real `tiny` topology: every client has a stated RTT to each POP, and a stated POP per strategy.

import { planCampaign } from '../../src/measurement/campaign.ts';
import type { Sample, SteeringStrategy, Strategy } from '../../src/measurement/sample.ts';
import { loadTopology } from '../../src/topology/io/load-topology.ts';
import type { ResolvedTopology } from '../../src/topology/resolved.ts';

export const tiny: ResolvedTopology = loadTopology('tiny').topology;

/** RTT in milliseconds by client and POP code. */
export const RTTS: Record<string, Record<string, number>> = {
  amsterdam: { fra: 10, lon: 14 },
  paris: { fra: 12, lon: 50 },
  dublin: { fra: 30, lon: 11 },
};

/** Anycast takes Paris to London, as in the topology; distance takes Amsterdam there. */
export const CHOSEN: Record<SteeringStrategy, Record<string, string>> = {
  anycast: { amsterdam: 'fra', paris: 'lon', dublin: 'lon' },
  'dns-latency': { amsterdam: 'fra', paris: 'fra', dublin: 'lon' },
  'dns-nearest': { amsterdam: 'lon', paris: 'fra', dublin: 'lon' },
};

export const WARM_RESOLVE_MS = 2;
export const COLD_RESOLVE_MS = 20;

export function syntheticSamples(): Sample[] {
  const plan = planCampaign(tiny, {
    family: 4,
    size: { warm: 3, cold: 2, oracle: 2, requestsPerSecond: 100 },
    nonce: 'n',
  });
  return plan.batches.flat().flatMap(({ client, job }) =>
    job.tasks.map((task): Sample => {
      const pop = popOf(client, task.strategy, task.address);
      const connectMs = RTTS[client]?.[pop] ?? 0;
      const resolveMs = task.phase === 'warm' ? WARM_RESOLVE_MS : COLD_RESOLVE_MS;
      const named = task.name !== undefined;
      return {
        id: task.id,
        client,
        strategy: task.strategy,
        phase: task.phase,
        family: 4,
        at: task.atMs,
        ...(named && { resolveMs }),
        connectMs,
        firstByteMs: connectMs,
        totalMs: (named ? resolveMs : 0) + 2 * connectMs,
        pop,
        status: 200,
        bytes: 10,
        cache: task.phase === 'warm' ? 'hit' : 'miss',
      };
    }),
  );
}

function popOf(client: string, strategy: Strategy, address: string | undefined): string {
  if (strategy !== 'oracle') return CHOSEN[strategy][client] ?? '';
  return tiny.pops.find((pop) => pop.edge.ipv4 === address)?.code ?? '';
}
