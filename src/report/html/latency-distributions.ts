// Distributions over users: the time of a whole page (resolution and fetch), warm and cold, and the inflation over the
// best POP with Calder's 25 ms mark.

import type { Comparison } from '../../measurement/comparison-result.ts';
import type { Sample } from '../../measurement/sample.ts';
import { BAD_INFLATION_MS, weightedSamples } from '../../measurement/summary.ts';
import { type CdfSeries, cdfChart } from '../charts/cdf-chart.ts';
import { formatPercent } from '../format.ts';
import { measuredStrategies, section, strategyLegend, TITLES } from './parts.ts';

export function distributionsSection(comparison: Comparison, samples: readonly Sample[]): string {
  const strategies = measuredStrategies(comparison);
  const pages = (phase: 'warm' | 'cold'): CdfSeries[] =>
    strategies.map((strategy) => ({
      label: TITLES[strategy],
      className: `s-${strategy}`,
      values: weightedSamples(comparison.clients, samples, strategy, phase, 'totalMs'),
    }));
  const inflation = strategies.map((strategy) => ({
    label: TITLES[strategy],
    className: `s-${strategy}`,
    values: comparison.clients.flatMap((client) => {
      const value = client.strategies[strategy].inflationMs;
      return value === null ? [] : [{ value, weight: client.users }];
    }),
  }));
  const { bad, suboptimal } = comparison.summary.anycast;
  const charts = [
    figure(
      'Whole page, warm caches',
      cdfChart({
        label: 'Distribution of total time, warm',
        xTitle: 'resolution + connect + fetch, ms',
        series: pages('warm'),
      }),
      'The resolver knows the name and the edge has the object.',
    ),
    figure(
      'Whole page, cold caches',
      cdfChart({
        label: 'Distribution of total time, cold',
        xTitle: 'resolution + connect + fetch, ms',
        series: pages('cold'),
      }),
      'The resolver asks the authoritative server and the edge asks the origin.',
    ),
    figure(
      'Inflation over the best POP',
      cdfChart({
        label: 'Distribution of RTT inflation over the best POP',
        xTitle: 'RTT above the best POP, ms',
        series: inflation,
        mark: { at: BAD_INFLATION_MS, label: '25 ms' },
      }),
      `Anycast: ${formatPercent(suboptimal.userShare)} of users not at their best POP, ${formatPercent(bad.userShare)} more than 25 ms above it. Calder et al. (IMC 2015) saw 25 ms or more for about 20 % of requests on a real anycast CDN.`,
    ),
  ];
  return section(
    'Latency over users',
    'Every location weighs as many users as it has; further left and up is better.',
    `${strategyLegend(strategies)}<div class="grid3">${charts.join('')}</div>`,
  );
}

function figure(heading: string, chart: string, caption: string): string {
  return `<figure><h3>${heading}</h3>${chart}<figcaption>${caption}</figcaption></figure>`;
}
