// Every client location with its numbers, and below the reasons of those that are not at their best POP.

import type { ClientComparison, Comparison } from '../../measurement/comparison-result.ts';
import type { SteeringStrategy } from '../../measurement/sample.ts';
import { BAD_INFLATION_MS, isSuboptimal } from '../../measurement/summary.ts';
import { escapeHtml } from '../charts/svg.ts';
import { formatMs, formatUsers } from '../format.ts';
import { measuredStrategies, popChip, section, TITLES } from './parts.ts';

export function locationTableSection(comparison: Comparison): string {
  const strategies = measuredStrategies(comparison);
  const groups = strategies.map(
    (strategy) => `<th colspan="5" class="start s-${strategy}">${TITLES[strategy]}</th>`,
  );
  const heads = strategies.map(
    () =>
      '<th class="l start">POP</th><th>resolve</th><th>connect</th><th>total</th><th title="cold resolver and edge">cold</th>',
  );
  const rows = comparison.clients.map((client) => {
    const cells = strategies.map((strategy) => strategyCells(comparison, client, strategy));
    return `<tr><td class="l">${escapeHtml(client.city)}</td><td>${formatUsers(client.users)}</td><td class="l">${escapeHtml(client.resolver)}${client.sendsClientSubnet ? ' <span class="soft" title="sends EDNS Client Subnet">ECS</span>' : ''}</td><td class="l start">${popChip(comparison, client.best?.pop)}</td><td>${formatMs(client.best?.rttMs)}</td>${cells.join('')}</tr>`;
  });
  const table = `<div class="scroll"><table><thead><tr class="groups"><th colspan="3"></th><th colspan="2" class="start">Best POP</th>${groups.join('')}</tr><tr><th class="l">location</th><th>users</th><th class="l">resolver</th><th class="l start">POP</th><th>RTT</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  return section(
    'Locations',
    'Medians in milliseconds; total is resolution, connect and fetch with warm caches; red is more than 25 ms above the best POP, amber less.',
    table + reasons(comparison, strategies),
  );
}

function strategyCells(comparison: Comparison, client: ClientComparison, strategy: SteeringStrategy): string {
  const result = client.strategies[strategy];
  const bad = (result.inflationMs ?? 0) > BAD_INFLATION_MS;
  const mark = isSuboptimal(client, strategy) ? ` class="${bad ? 'bad' : 'warn'}"` : '';
  return `<td class="l start" title="${escapeHtml(result.reason)}">${popChip(comparison, result.pop)}</td><td>${formatMs(result.resolveMs)}</td><td${mark}>${formatMs(result.rttMs)}</td><td>${formatMs(result.totalMs)}</td><td class="soft">${formatMs(result.cold.totalMs)}</td>`;
}

function reasons(comparison: Comparison, strategies: readonly SteeringStrategy[]): string {
  const rows = strategies.flatMap((strategy) =>
    comparison.clients
      .filter((client) => isSuboptimal(client, strategy))
      .toSorted(
        (a, b) => (b.strategies[strategy].inflationMs ?? 0) - (a.strategies[strategy].inflationMs ?? 0),
      )
      .map((client) => {
        const result = client.strategies[strategy];
        const bad = (result.inflationMs ?? 0) > BAD_INFLATION_MS;
        return `<tr><td class="l">${escapeHtml(client.city)}</td><td class="l">${TITLES[strategy]}</td><td class="l">${popChip(comparison, result.pop)} <span class="soft">instead of</span> ${popChip(comparison, client.best?.pop)}</td><td class="${bad ? 'bad' : 'warn'}">+${formatMs(result.inflationMs)}</td><td class="wrap">${escapeHtml(result.reason)}</td></tr>`;
      }),
  );
  if (rows.length === 0) return '<p class="good">Every strategy brings every location to its best POP.</p>';
  return `<h3 style="margin-top:18px">Why not the best POP</h3><div class="scroll"><table><thead><tr><th class="l">location</th><th class="l">strategy</th><th class="l">POP</th><th>ms more</th><th class="l">reason</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
