// Small pieces that several sections of the page share.

import type { Comparison } from '../../measurement/comparison-result.ts';
import { STEERING_STRATEGIES, type SteeringStrategy } from '../../measurement/sample.ts';
import { escapeHtml } from '../charts/svg.ts';
import { POP_COLOURS } from '../charts/world-map.ts';
import { shortPop } from '../format.ts';

export const TITLES: Record<SteeringStrategy, string> = {
  'dns-nearest': 'DNS, nearest POP',
  'dns-latency': 'DNS, measured latency',
  anycast: 'Anycast',
};

export const SHORT_TITLES: Record<SteeringStrategy, string> = {
  'dns-nearest': 'DNS nearest',
  'dns-latency': 'DNS latency',
  anycast: 'Anycast',
};

/** Strategies that have an answer anywhere. */
export function measuredStrategies(comparison: Comparison): SteeringStrategy[] {
  return STEERING_STRATEGIES.filter((strategy) =>
    comparison.clients.some((client) => client.strategies[strategy].pop !== null),
  );
}

export function popColour(comparison: Comparison, name: string | null | undefined): number | undefined {
  const index = comparison.pops.findIndex((pop) => pop.name === name);
  return index < 0 ? undefined : index % POP_COLOURS;
}

/** `● fra`, in the POP's colour. */
export function popChip(comparison: Comparison, name: string | null | undefined): string {
  const colour = popColour(comparison, name);
  if (colour === undefined) return '<span class="bad">none</span>';
  const city = comparison.pops.find((pop) => pop.name === name)?.city ?? '';
  return `<span class="pop-${colour}" title="${escapeHtml(city)}"><i class="swatch"></i>${escapeHtml(shortPop(name))}</span>`;
}

export function strategyLegend(strategies: readonly SteeringStrategy[]): string {
  const items = strategies.map(
    (strategy) =>
      `<li><svg viewBox="0 0 34 10" aria-hidden="true"><path class="line s-${strategy}" d="M0 5H34"/></svg>${TITLES[strategy]}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

export function section(heading: string, subtitle: string, body: string, className = ''): string {
  const id = heading.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const sub = subtitle ? `<p class="sub">${escapeHtml(subtitle)}</p>` : '';
  return `<section id="${id}"${className ? ` class="${className}"` : ''}><h2>${escapeHtml(heading)}</h2>${sub}${body}</section>`;
}
