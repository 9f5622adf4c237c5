// The quickest way to know who reaches which POP by anycast: a few requests from each client, nothing compared.

import { planCampaign } from '../measurement/campaign.ts';
import { majorityPop, samplesOf } from '../measurement/catchment.ts';
import { runCampaign } from '../measurement/io/run-campaign.ts';
import type { Family } from '../measurement/sample.ts';
import type { RunningLab } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';
import type { Cli } from './context.ts';
import type { Progress } from './progress.ts';

const REQUESTS = { warm: 2, cold: 0, oracle: 0, requestsPerSecond: 60 };

/** Client name to POP node name; clients without an answer are absent. */
export async function measureCatchment(
  cli: Cli,
  lab: RunningLab,
  topology: ResolvedTopology,
  family: Family,
  progress: Progress,
): Promise<Map<string, string>> {
  const plan = planCampaign(topology, {
    family,
    size: REQUESTS,
    nonce: Date.now().toString(36),
    strategies: ['anycast'],
  });
  progress.doing(`measuring: ${plan.requests} requests`);
  const { samples } = await runCampaign(lab, plan, { signal: cli.signal });
  const names = new Map(topology.pops.map((pop) => [pop.code, pop.name]));
  return new Map(
    topology.clients.flatMap((client) => {
      const name = names.get(majorityPop(samplesOf(samples, client.name, 'anycast'))?.code ?? '');
      return name === undefined ? [] : [[client.name, name] as const];
    }),
  );
}
