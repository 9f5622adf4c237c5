// The comparison: samples, the topology and the predicted catchments become one object, per client location and in
// all, which `./lab compare --json` prints and every report is made from. Medians; warm resolver and edge but for
// `cold`. Pure: what it knows of routing comes in as arguments.

import type { ClientLocation, ResolvedTopology } from '../topology/resolved.ts';
import { majorityPop, samplesOf } from './catchment.ts';
import type { ClientComparison, Comparison, HostLoad, StrategyResult } from './comparison-result.ts';
import { explainDnsChoice } from './dns-reason.ts';
import { fidelity } from './fidelity.ts';
import { median, roundMs } from './latency-statistics.ts';
import { type Family, type Sample, STEERING_STRATEGIES, type SteeringStrategy, succeeded } from './sample.ts';
import { summarise } from './summary.ts';
import { verdict } from './verdict.ts';

/** What routing/predict-catchment says of a client. */
export interface PredictedCatchment {
  /** POP's node name; undefined when no route leads to one. */
  pop: string | undefined;
  asPath: readonly (number | string)[];
  explanation: string;
}

export interface ComparisonInput {
  topology: ResolvedTopology;
  /** With planned RTTs (`withPlannedRtt`) for the fidelity. */
  samples: readonly Sample[];
  family: Family;
  shaping: string;
  timerCaveat?: string;
  predictions?: ReadonlyMap<string, PredictedCatchment>;
  /** Replaces the built-in explanation of a DNS choice, for instance by the GeoDNS server's own. */
  explainDns?: (client: ClientLocation, strategy: SteeringStrategy, pop: string) => string | undefined;
  host?: HostLoad;
}

export function compare(input: ComparisonInput): Comparison {
  const { topology, samples, family } = input;
  const clients = topology.clients.map((client) => compareClient(client, input));
  const predicted = clients.filter((client) => client.predicted !== undefined);
  const impaired = impairedClients(topology);
  const withoutVerdict = {
    topology: topology.name,
    seed: topology.seed,
    timers: topology.timers,
    ...(input.timerCaveat && { timerCaveat: input.timerCaveat }),
    bfd: topology.bfd,
    shaping: input.shaping,
    fidelity: {
      ...fidelity(samples, (client) => impaired.has(client)),
      ...(input.host && { host: input.host }),
    },
    family,
    ttlSeconds: topology.steering.ttlSeconds,
    clients,
    pops: topology.pops.map((pop) => ({
      name: pop.name,
      code: pop.code,
      city: pop.city.name,
      latitude: pop.city.latitude,
      longitude: pop.city.longitude,
    })),
    summary: summarise(clients, samples),
    ...(predicted.length > 0 && {
      agreement: {
        clients: predicted.length,
        agreeing: predicted.filter((client) => client.predicted?.agrees).length,
      },
    }),
  };
  return { ...withoutVerdict, verdict: verdict(withoutVerdict) };
}

function compareClient(client: ClientLocation, input: ComparisonInput): ClientComparison {
  const { topology, samples, predictions } = input;
  const oracle = oracleRtts(client, input);
  const [first] = Object.entries(oracle).sort((a, b) => a[1] - b[1]);
  const best = first ? { pop: first[0], rttMs: first[1] } : null;
  const results = STEERING_STRATEGIES.map((strategy) => [
    strategy,
    strategyResult(client, strategy, best, oracle, input),
  ]);
  const strategies = Object.fromEntries(results) as Record<SteeringStrategy, StrategyResult>;
  const prediction = predictions?.get(client.name);
  const resolver = topology.resolvers.find((each) => each.name === client.resolver);
  return {
    name: client.name,
    city: client.city.name,
    country: client.city.country,
    latitude: client.city.latitude,
    longitude: client.city.longitude,
    users: client.users,
    resolver: client.resolver,
    sendsClientSubnet: resolver?.sendsClientSubnet ?? false,
    best,
    oracle,
    strategies,
    ...(prediction &&
      samplesOf(samples, client.name, 'anycast').length > 0 && {
        predicted: {
          pop: prediction.pop ?? null,
          agrees: (prediction.pop ?? null) === strategies.anycast.pop,
        },
      }),
  };
}

/** Median connect time to each POP that was reached, fastest first. */
function oracleRtts(client: ClientLocation, { topology, samples }: ComparisonInput): Record<string, number> {
  const own = samplesOf(samples, client.name, 'oracle');
  const entries = topology.pops.flatMap((pop) => {
    const times = own.filter((each) => each.pop === pop.code).flatMap((each) => each.connectMs ?? []);
    const value = median(times);
    return value === undefined ? [] : [[pop.name, roundMs(value)] as const];
  });
  return Object.fromEntries(entries.toSorted((a, b) => a[1] - b[1]));
}

function strategyResult(
  client: ClientLocation,
  strategy: SteeringStrategy,
  best: { pop: string; rttMs: number } | null,
  oracle: Record<string, number>,
  input: ComparisonInput,
): StrategyResult {
  const all = samplesOf(input.samples, client.name, strategy).filter((each) => each.phase !== 'warm-up');
  const warm = all.filter((each) => each.phase === 'warm' && succeeded(each));
  const cold = all.filter((each) => each.phase === 'cold' && succeeded(each));
  const measured = majorityPop(warm);
  const pop = input.topology.pops.find((each) => each.code === measured?.code)?.name ?? null;
  // Times are those of the POP the result names; requests that strayed to another one show in `popShare`.
  const own = warm.filter((each) => each.pop === measured?.code);
  const rttMs = medianOf(own, 'connectMs');
  return {
    pop,
    popShare: measured ? Math.round(measured.share * 100) / 100 : 0,
    rttMs,
    resolveMs: medianOf(own, 'resolveMs'),
    totalMs: medianOf(own, 'totalMs'),
    inflationMs: rttMs === null || best === null ? null : Math.max(0, roundMs(rttMs - best.rttMs)),
    reason: reasonFor(client, strategy, pop, best?.pop ?? null, oracle, input),
    cold: { resolveMs: medianOf(cold, 'resolveMs'), totalMs: medianOf(cold, 'totalMs') },
    failures: all.filter((each) => !succeeded(each)).length,
    requests: all.length,
  };
}

function medianOf(samples: readonly Sample[], field: 'connectMs' | 'resolveMs' | 'totalMs'): number | null {
  const value = median(samples.flatMap((each) => each[field] ?? []));
  return value === undefined ? null : roundMs(value);
}

function reasonFor(
  client: ClientLocation,
  strategy: SteeringStrategy,
  pop: string | null,
  bestPop: string | null,
  oracle: Record<string, number>,
  input: ComparisonInput,
): string {
  if (pop === null) return 'no request was answered';
  if (strategy !== 'anycast') {
    return (
      input.explainDns?.(client, strategy, pop) ??
      explainDnsChoice(input.topology, client, strategy, pop, bestPop, oracle)
    );
  }
  const prediction = input.predictions?.get(client.name);
  if (!prediction)
    return pop === bestPop ? 'the lowest-RTT POP' : 'BGP chose it; no prediction to explain it by';
  const path = `AS path ${prediction.asPath.join(' ')}`;
  if (prediction.pop !== pop)
    return `the policy predicts ${prediction.pop ?? 'no POP'}: ${prediction.explanation}; ${path}`;
  return pop === bestPop ? `the lowest-RTT POP; ${path}` : `${prediction.explanation}; ${path}`;
}

/** Clients whose last mile has configured jitter or loss: no single planned RTT. */
function impairedClients(topology: ResolvedTopology): Set<string> {
  const nodes = new Set<string>();
  for (const link of topology.links) {
    if (link.kind !== 'access' || (link.jitterMs === 0 && link.lossPercent === 0)) continue;
    nodes.add(link.a.node).add(link.b.node);
  }
  return new Set(topology.clients.map((client) => client.name).filter((name) => nodes.has(name)));
}
