// The comparison in one paragraph of plain English: who wins for how many users and by how much, whom anycast sends the
// wrong way and why, what resolution costs, and how our share compares with a real CDN's.

import type { ClientComparison, Comparison, StrategySummary } from './comparison-result.ts';
import { STEERING_STRATEGIES, type SteeringStrategy } from './sample.ts';

export const STRATEGY_LABELS: Record<SteeringStrategy, string> = {
  'dns-nearest': 'DNS by distance',
  'dns-latency': 'DNS by measured latency',
  anycast: 'anycast',
};

/** Calder et al., "Analyzing the Performance of an Anycast CDN", IMC 2015: a fifth of clients at a worse front-end. */
const CALDER_SHARE = 0.2;

/** Misrouted locations that are told one by one; the table has them all. */
const TOLD_AT_MOST = 3;

type Facts = Omit<Comparison, 'verdict'>;

export function verdict(comparison: Facts): string {
  const measured = STEERING_STRATEGIES.filter(
    (strategy) => comparison.summary[strategy].totalMs.p50 !== null,
  );
  if (measured.length === 0) return 'No request was answered, so there is nothing to compare.';
  return [
    placement(comparison, measured),
    ...misrouted(comparison, 'anycast'),
    ...misrouted(comparison, 'dns-nearest'),
    times(comparison, measured),
    ...resolution(comparison, measured),
    ...calder(comparison, measured),
    ...doubts(comparison),
  ].join(' ');
}

function placement({ clients, summary }: Facts, measured: readonly SteeringStrategy[]): string {
  const parts = measured
    .toSorted((a, b) => summary[a].suboptimal.userShare - summary[b].suboptimal.userShare)
    .map((strategy) => {
      const { suboptimal } = summary[strategy];
      const right = clients.length - suboptimal.clients;
      return `${STRATEGY_LABELS[strategy]} ${right} (${percent(1 - suboptimal.userShare)} of users)`;
    });
  return `Sent to their best POP, of ${clients.length} locations: ${parts.join(', ')}.`;
}

function misrouted(comparison: Facts, strategy: SteeringStrategy): string[] {
  const { names } = comparison.summary[strategy].suboptimal;
  const wrong = comparison.clients
    .filter((client) => names.includes(client.name))
    .toSorted((a, b) => inflation(b, strategy) - inflation(a, strategy));
  if (wrong.length === 0) return [];
  const told = wrong.slice(0, TOLD_AT_MOST).map((client) => {
    const result = client.strategies[strategy];
    const why = strategy === 'anycast' ? ` (${result.reason})` : '';
    return `${client.city} to ${cityOf(comparison, result.pop)}, ${ms(result.rttMs)} instead of ${ms(client.best?.rttMs)} to ${cityOf(comparison, client.best?.pop)}${why}`;
  });
  const more = wrong.length > told.length ? ` and ${wrong.length - told.length} more` : '';
  const verb = strategy === 'anycast' ? 'Anycast takes' : 'DNS by distance sends';
  return [`${verb} ${told.join('; ')}${more}.`];
}

function times({ summary }: Facts, measured: readonly SteeringStrategy[]): string {
  const ranked = measured.toSorted((a, b) => p90(summary[a]) - p90(summary[b]));
  const parts = ranked.map(
    (strategy) =>
      `${STRATEGY_LABELS[strategy]} ${ms(summary[strategy].totalMs.p50)} and ${ms(summary[strategy].totalMs.p90)}`,
  );
  return `A warm page takes, for the median user and at the 90th percentile: ${parts.join(', ')}.`;
}

function resolution({ summary, ttlSeconds }: Facts, measured: readonly SteeringStrategy[]): string[] {
  const cold = measured.filter((strategy) => summary[strategy].coldResolveMs.p50 !== null);
  if (cold.length === 0) return [];
  const parts = cold.map(
    (strategy) => `${ms(summary[strategy].coldResolveMs.p50)} for ${STRATEGY_LABELS[strategy]}`,
  );
  const warm = Math.max(...cold.map((strategy) => summary[strategy].resolveMs.p50 ?? 0));
  return [
    `Resolving takes ${ms(warm)} when the resolver knows the name; when it must ask (DNS steering: after every TTL of ${ttlSeconds} s) the median is ${parts.join(', ')}.`,
  ];
}

function calder({ summary }: Facts, measured: readonly SteeringStrategy[]): string[] {
  if (!measured.includes('anycast')) return [];
  const { suboptimal, bad } = summary.anycast;
  const worse = bad.clients > 0 ? `, ${percent(bad.userShare)} of users by more than 25 ms` : '';
  return [
    `Anycast misses the best POP for ${percent(suboptimal.clientShare)} of locations${worse}; Calder et al. (IMC 2015) measured about ${percent(CALDER_SHARE)} of clients on a real anycast CDN.`,
  ];
}

/** What would make the numbers less worth: said only when there is something to say. */
function doubts({ fidelity, agreement, clients }: Facts): string[] {
  const said: string[] = [];
  if (fidelity.samples > 0 && fidelity.withinTolerance < 0.95) {
    said.push(
      `Caution: only ${percent(fidelity.withinTolerance)} of connect times are within 1 ms or 2 % of the plan, so small differences mean nothing.`,
    );
  }
  if (agreement && agreement.agreeing < agreement.clients) {
    const wrong = clients.filter((client) => client.predicted && !client.predicted.agrees);
    said.push(`Not as predicted from the topology: ${wrong.map((client) => client.city).join(', ')}.`);
  }
  const failures = clients.flatMap((client) =>
    STEERING_STRATEGIES.map((strategy) => client.strategies[strategy].failures),
  );
  const failed = failures.reduce((sum, each) => sum + each, 0);
  if (failed > 0) said.push(`${failed} requests failed.`);
  return said;
}

function inflation(client: ClientComparison, strategy: SteeringStrategy): number {
  return client.strategies[strategy].inflationMs ?? 0;
}

function p90(summary: StrategySummary): number {
  return summary.totalMs.p90 ?? Number.POSITIVE_INFINITY;
}

function cityOf({ pops }: Facts, name: string | null | undefined): string {
  return pops.find((pop) => pop.name === name)?.city ?? 'nowhere';
}

function ms(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'no answer';
  return `${value >= 10 ? Math.round(value) : value} ms`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
