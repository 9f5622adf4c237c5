// Who reaches which POP, as maps side by side: one per strategy, lines and dots in the POP's colour, a dashed line to
// the better POP where there is one.

import type { ClientComparison, Comparison } from '../../measurement/comparison-result.ts';
import type { SteeringStrategy } from '../../measurement/sample.ts';
import { isSuboptimal } from '../../measurement/summary.ts';
import { escapeHtml } from '../charts/svg.ts';
import { landDefinition, type MapClient, type MapPop, worldMap } from '../charts/world-map.ts';
import { formatMs, formatUsers, shortPop } from '../format.ts';
import { measuredStrategies, popChip, popColour, SHORT_TITLES, section, TITLES } from './parts.ts';

export function catchmentMapSection(comparison: Comparison): string {
  const pops = comparison.pops.map(
    (pop): MapPop => ({ ...pop, label: pop.code, colour: popColour(comparison, pop.name) ?? 0 }),
  );
  // Anycast first: it is the one whose picture surprises.
  const figures = measuredStrategies(comparison)
    .toReversed()
    .map((strategy) => {
      const clients = comparison.clients.map((client) => mapClient(client, strategy));
      const wrong = clients.filter((client) => client.suboptimal).length;
      const label = `Catchments by ${TITLES[strategy]}: ${wrong} of ${clients.length} locations not at their best POP`;
      return `<figure><h3>${TITLES[strategy]}</h3><div class="map">${worldMap(label, pops, clients)}</div><figcaption>${wrong === 0 ? 'Every location reaches its best POP.' : `${wrong} of ${clients.length} locations are not at their best POP.`}</figcaption></figure>`;
    });
  return section(
    'Catchments',
    'Diamonds are POPs, dots are client locations (area: Internet users) in the colour of the POP that answered them. A red ring: another POP is faster, and the dashed line leads to it.',
    `${landDefinition()}<div class="grid2">${figures.join('')}${popLoad(comparison)}</div>`,
  );
}

/** Users that each strategy brings each POP: the load that a catchment is. */
function popLoad(comparison: Comparison): string {
  const strategies = measuredStrategies(comparison).toReversed();
  const total = comparison.clients.reduce((sum, client) => sum + client.users, 0);
  const rows = comparison.pops.map((pop) => {
    const cells = strategies.map((strategy) => {
      const users = comparison.clients
        .filter((client) => client.strategies[strategy].pop === pop.name)
        .reduce((sum, client) => sum + client.users, 0);
      const share = total === 0 ? 0 : Math.round((users / total) * 100);
      return `<td class="l"><span class="bar pop-${popColour(comparison, pop.name) ?? 0}" style="width:${share}px"></span> ${formatUsers(users)} <span class="soft">${share} %</span></td>`;
    });
    return `<tr><td class="l">${popChip(comparison, pop.name)} ${escapeHtml(pop.city)}</td>${cells.join('')}</tr>`;
  });
  const head = strategies.map((strategy) => `<th class="l">${SHORT_TITLES[strategy]}</th>`);
  return `<div><h3>Users each POP gets</h3><div class="scroll"><table><thead><tr><th class="l">POP</th>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></div>`;
}

function mapClient(client: ClientComparison, strategy: SteeringStrategy): MapClient {
  const result = client.strategies[strategy];
  const answered =
    result.pop === null ? 'no answer' : `${shortPop(result.pop)}, ${formatMs(result.rttMs)} ms`;
  const best = client.best
    ? `best ${shortPop(client.best.pop)}, ${formatMs(client.best.rttMs)} ms`
    : 'best unknown';
  return {
    label: client.city,
    latitude: client.latitude,
    longitude: client.longitude,
    users: client.users,
    pop: result.pop,
    best: client.best?.pop ?? null,
    suboptimal: isSuboptimal(client, strategy),
    note: `${client.city}, ${formatUsers(client.users)} users: ${answered} (${best})`,
  };
}
