// The answer in words, then one tile per strategy with its four numbers.

import type { Comparison } from '../../measurement/comparison-result.ts';
import { escapeHtml } from '../charts/svg.ts';
import { formatMs, formatPercent } from '../format.ts';
import { measuredStrategies, section, TITLES } from './parts.ts';

export function verdictSection(comparison: Comparison): string {
  const tiles = measuredStrategies(comparison).map((strategy) => {
    const summary = comparison.summary[strategy];
    const rows: [string, string][] = [
      [
        'locations at their best POP',
        `${comparison.clients.length - summary.suboptimal.clients} of ${comparison.clients.length}`,
      ],
      ['users more than 25 ms above it', formatPercent(summary.bad.userShare)],
      ['warm page, median / p90', `${formatMs(summary.totalMs.p50)} / ${formatMs(summary.totalMs.p90)} ms`],
      [
        'cold page, median / p90',
        `${formatMs(summary.coldTotalMs.p50)} / ${formatMs(summary.coldTotalMs.p90)} ms`,
      ],
      [
        'resolving, warm / cold median',
        `${formatMs(summary.resolveMs.p50)} / ${formatMs(summary.coldResolveMs.p50)} ms`,
      ],
    ];
    return `<div class="tile s-${strategy}"><h3>${TITLES[strategy]}</h3><div class="big">${formatPercent(1 - summary.suboptimal.userShare)}</div><div class="soft">of users at their best POP</div><dl>${rows
      .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
      .join('')}</dl></div>`;
  });
  const text = section('Verdict', '', `<p>${escapeHtml(comparison.verdict)}</p>`, 'verdict');
  return `${text}<div class="tiles">${tiles.join('')}</div>`;
}
