// Title and the conditions of the measurement, first of all: numbers without them mean nothing.

import { escapeHtml } from '../charts/svg.ts';
import type { ReportModel } from '../report-model.ts';

export function header(model: ReportModel): string {
  const { comparison, failover } = model;
  const facts: [string, string | number | undefined][] = [
    ['topology', comparison?.topology],
    ['seed', comparison?.seed],
    ['BGP timers', comparison?.timers ?? failover?.timers],
    ['BFD', (comparison?.bfd ?? failover?.bfd) ? 'on POP sessions' : 'off'],
    ['shaping', comparison?.shaping ?? failover?.shaping],
    ['family', `IPv${comparison?.family ?? failover?.family ?? 4}`],
    ['DNS TTL', `${comparison?.ttlSeconds ?? failover?.ttlSeconds ?? '?'} s`],
    ['locations', comparison?.clients.length],
    ['POPs', comparison?.pops.length],
  ];
  const chips = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<li>${name} <b>${escapeHtml(String(value))}</b></li>`);
  const title = comparison
    ? 'DNS steering and anycast, side by side'
    : `When ${failover?.pop ?? 'a POP'} fails`;
  return `<header><h1>${escapeHtml(title)}</h1><p class="sub">Catchment: a CDN on an emulated Internet</p><ul class="chips">${chips.join('')}</ul></header>`;
}
