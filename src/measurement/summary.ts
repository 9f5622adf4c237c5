// What each strategy does for all users together: percentiles weighted by users, and how many are not at their best POP.

import type { ClientComparison, Percentiles, Share, StrategySummary } from './comparison-result.ts';
import { roundMs, type Weighted, weightedPercentile } from './latency-statistics.ts';
import { type Sample, STEERING_STRATEGIES, type SteeringStrategy, succeeded } from './sample.ts';

/** The same best POP within measurement noise is no inflation worth a word: also the emulation's own tolerance. */
export const NEGLIGIBLE_MS = 1;

/** Calder et al. (IMC 2015) mark: a request this much slower than the best front-end is badly served. */
export const BAD_INFLATION_MS = 25;

export function summarise(
  clients: readonly ClientComparison[],
  samples: readonly Sample[],
): Record<SteeringStrategy, StrategySummary> {
  const entries = STEERING_STRATEGIES.map((strategy) => [strategy, summary(strategy, clients, samples)]);
  return Object.fromEntries(entries) as Record<SteeringStrategy, StrategySummary>;
}

/** Whether a location is sent to a POP that is noticeably slower than its best one. */
export function isSuboptimal(client: ClientComparison, strategy: SteeringStrategy): boolean {
  const result = client.strategies[strategy];
  return (
    result.pop !== null &&
    client.best !== null &&
    result.pop !== client.best.pop &&
    (result.inflationMs ?? 0) > NEGLIGIBLE_MS
  );
}

/** Each sample weighs its location's users divided by the location's samples, so that all locations count in full. */
export function weightedSamples(
  clients: readonly ClientComparison[],
  samples: readonly Sample[],
  strategy: SteeringStrategy,
  phase: Sample['phase'],
  field: 'totalMs' | 'resolveMs' | 'connectMs',
): Weighted[] {
  return clients.flatMap((client) => {
    const values = samples
      .filter((each) => each.client === client.name && each.strategy === strategy)
      .filter((each) => each.phase === phase && succeeded(each))
      .flatMap((each) => each[field] ?? []);
    return values.map((value) => ({ value, weight: client.users / values.length }));
  });
}

function summary(
  strategy: SteeringStrategy,
  clients: readonly ClientComparison[],
  samples: readonly Sample[],
): StrategySummary {
  const results = clients.map((client) => ({ client, result: client.strategies[strategy] }));
  const weighted = (field: 'rttMs' | 'inflationMs'): Weighted[] =>
    results.flatMap(({ client, result }) =>
      result[field] === null ? [] : [{ value: result[field], weight: client.users }],
    );
  const ofSamples = (phase: Sample['phase'], field: 'totalMs' | 'resolveMs') =>
    percentiles(weightedSamples(clients, samples, strategy, phase, field));
  const inflation = weighted('inflationMs');
  return {
    totalMs: ofSamples('warm', 'totalMs'),
    resolveMs: ofSamples('warm', 'resolveMs'),
    coldTotalMs: ofSamples('cold', 'totalMs'),
    coldResolveMs: ofSamples('cold', 'resolveMs'),
    rttMs: percentiles(weighted('rttMs')),
    inflationMs: {
      ...percentiles(inflation),
      max: inflation.length === 0 ? null : Math.max(...inflation.map((each) => each.value)),
    },
    suboptimal: share(clients, (client) => isSuboptimal(client, strategy)),
    bad: share(clients, (client) => (client.strategies[strategy].inflationMs ?? 0) > BAD_INFLATION_MS),
    failures: results.reduce((sum, { result }) => sum + result.failures, 0),
  };
}

function share(
  clients: readonly ClientComparison[],
  chosen: (client: ClientComparison) => boolean,
): Share & { names: string[] } {
  const matching = clients.filter(chosen);
  const usersOf = (list: readonly ClientComparison[]) => list.reduce((sum, each) => sum + each.users, 0);
  return {
    clients: matching.length,
    clientShare: roundShare(matching.length, clients.length),
    userShare: roundShare(usersOf(matching), usersOf(clients)),
    names: matching.map((client) => client.name),
  };
}

function roundShare(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000;
}

function percentiles(values: readonly Weighted[]): Percentiles {
  const at = (percent: number) => {
    const value = weightedPercentile(values, percent);
    return value === undefined ? null : roundMs(value);
  };
  return { p50: at(50), p90: at(90), p95: at(95) };
}
