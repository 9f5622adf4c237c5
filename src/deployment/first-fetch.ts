// The last word on readiness: a real request from every client, by DNS and by anycast, with the campaign's own probe.

import { runProbe } from '../measurement/io/run-probe.ts';
import type { ProbeLine, TasksJob } from '../measurement/probe-job.ts';
import type { RunningLab } from '../runtimes/runtime.ts';
import { CDN_ZONE } from '../topology/cdn-zone.ts';
import type { ClientLocation, ResolvedTopology } from '../topology/resolved.ts';

const TIMEOUT_MS = 3000;

/** The clients of the list that did not get a whole answer by both strategies in one try. */
export async function clientsThatCannotFetch(
  lab: RunningLab,
  topology: ResolvedTopology,
  clients: ClientLocation[],
  signal?: AbortSignal,
): Promise<ClientLocation[]> {
  const results = await Promise.all(
    clients.map(async (client) => ({ client, works: await fetches(lab, topology, client, signal) })),
  );
  return results.filter(({ works }) => !works).map(({ client }) => client);
}

async function fetches(
  lab: RunningLab,
  topology: ResolvedTopology,
  client: ClientLocation,
  signal?: AbortSignal,
): Promise<boolean> {
  const resolver = topology.resolvers.find((each) => each.name === client.resolver);
  const job: TasksJob = {
    mode: 'tasks',
    tasks: (['latency', 'anycast'] as const).map((label, index) => ({
      id: label,
      phase: 'warm-up',
      strategy: label === 'anycast' ? 'anycast' : 'dns-latency',
      family: 4,
      name: `${label}.${CDN_ZONE}`,
      resolver: resolver?.address.ipv4,
      host: `www.${CDN_ZONE}`,
      path: '/json/ready',
      timeoutMs: TIMEOUT_MS,
      atMs: index,
    })),
  };
  let answered = 0;
  const onLine = (line: ProbeLine) => {
    if (line.kind === 'sample' && !line.error) answered++;
  };
  await runProbe(lab, client.name, job, { onLine, signal });
  return answered === job.tasks.length;
}
