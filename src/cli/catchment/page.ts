// A catchment as a page with a map: dots are clients by place, in the colour of the POP that they are sent to. Drawn when it
// is made, like the lab's reports: no script runs in it and no request leaves it.

import { geoNaturalEarth1 } from 'd3-geo';
import { type GridCell, gridOf } from '../../dns/catchment/grid.ts';
import type { CatchmentGroup } from '../../dns/catchment/group.ts';
import type { Weighing } from '../../dns/catchment/weigh-groups.ts';
import { element, escapeHtml, svg, text, title } from '../../report/charts/svg.ts';
import { landDefinition, POP_COLOURS } from '../../report/charts/world-map.ts';
import { formatPercent, shortPop } from '../../report/format.ts';
import { section } from '../../report/html/parts.ts';
import { styleSheet } from '../../report/html/style.ts';
import type { CatchmentReport } from './text.ts';

interface PlacedPop {
  name: string;
  latitude: number;
  longitude: number;
}

/** More dots cover each other. */
const MOST_DOTS = 4000;
const MOST_COUNTRIES = 40;
/** The frame of report/charts/world-map, whose land is under the dots. */
const [WIDTH, HEIGHT] = [960, 462];

export function catchmentPage(
  report: CatchmentReport,
  groups: readonly CatchmentGroup[],
  weighing: Weighing,
  pops: readonly PlacedPop[],
): string {
  const colourOf = (name: string): string => {
    const index = pops.findIndex((pop) => pop.name === name);
    return index < 0 ? 'pop-none' : `pop-${index % POP_COLOURS}`;
  };
  const heading = `Catchment of ${report.name}`;
  const chips = [
    `policy <b>${escapeHtml(report.policy)}</b>`,
    report.down.length > 0 ? `down: <b>${escapeHtml(report.down.join(', '))}</b>` : 'all POPs up',
    `${escapeHtml(report.geoip.type)} of <b>${report.geoip.builtAt.slice(0, 10)}</b>`,
    `<b>${report.prefixes.toLocaleString('en')}</b> IPv${report.family} prefixes`,
    `up to <b>${report.scopes.toLocaleString('en')}</b> cache entries a name`,
  ];
  const map = catchmentMap(gridOf(groups, weighing, MOST_DOTS), pops, colourOf, heading);
  const body = [
    section(
      'Who goes where',
      `Dots are clients by place (area: ${report.unit}), in the colour of the POP that most of them are sent to; diamonds are POPs. GeoIP places ${formatPercent(report.located)} of the clients this exactly: only they are drawn.`,
      `${landDefinition()}<div class="map">${map}</div>`,
    ),
    section('POPs', '', popTable(report, colourOf)),
    section(
      'Countries',
      `The ${Math.min(MOST_COUNTRIES, report.countries.length)} largest.`,
      countryTable(report, colourOf),
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<link rel="icon" href="data:,"><title>${escapeHtml(heading)}</title><style>${styleSheet()}
.spot{fill:var(--c);fill-opacity:.75}</style></head>
<body><main><h1>${escapeHtml(heading)}</h1>
<ul class="chips">${chips.map((chip) => `<li>${chip}</li>`).join('')}</ul>
${body.join('\n')}
<footer>Map: Natural Earth 1:110m (public domain). Made by ./lab catchment.</footer>
</main></body></html>
`;
}

function catchmentMap(
  cells: readonly GridCell[],
  pops: readonly PlacedPop[],
  colourOf: (pop: string) => string,
  label: string,
): string {
  const project = projection();
  const at = (place: { latitude: number; longitude: number }) =>
    project([place.longitude, place.latitude]) ?? [0, 0];
  const largest = Math.max(...cells.map(({ weight }) => weight), 1);
  // Largest first: small places stay visible on top of them.
  const dots = cells.map((cell) => {
    const [cx, cy] = at(cell);
    const r = 1 + 10 * Math.sqrt(cell.weight / largest);
    const note = `${cell.place}: ${shortPop(cell.pop)}${cell.share < 0.995 ? ` ${formatPercent(cell.share)}` : ''}`;
    return `<g>${title(note)}${element('circle', { cx, cy, r, class: `spot ${colourOf(cell.pop)}` })}</g>`;
  });
  const marks = pops.map((pop) => {
    const [x, y] = at(pop);
    return element(
      'g',
      { class: `pop-mark ${colourOf(pop.name)}` },
      title(`POP ${pop.name}`),
      element('path', { d: `M${x} ${y - 9}L${x + 9} ${y}L${x} ${y + 9}L${x - 9} ${y}Z` }),
      text(x, y - 13, shortPop(pop.name).toUpperCase(), { class: 'pop-label', 'text-anchor': 'middle' }),
    );
  });
  const land = ['<use href="#graticule" class="graticule"/>', '<use href="#land" class="land"/>'];
  return svg(WIDTH, HEIGHT, label, ...land, ...dots, ...marks);
}

/** As report/charts/world-map draws the land. */
function projection() {
  const coordinates = [
    [-179.9, 0],
    [179.9, 0],
    [0, 76],
    [0, -50],
  ];
  const frame: [[number, number], [number, number]] = [
    [2, 2],
    [WIDTH - 2, HEIGHT - 2],
  ];
  return geoNaturalEarth1().fitExtent(frame, { type: 'MultiPoint', coordinates });
}

function popTable({ pops, unit }: CatchmentReport, colourOf: (pop: string) => string): string {
  const rows = pops.map(({ pop, share, weight, distance, countries }) => {
    const mostly = countries.map((area) => `${area.country} ${formatPercent(area.share)}`).join(', ');
    return `<tr><td class="l"><span class="${colourOf(pop)}"><i class="swatch"></i>${escapeHtml(pop)}</span></td><td class="l"><span class="bar ${colourOf(pop)}" style="width:${Math.round(share * 200)}px"></span> ${formatPercent(share, 1)}</td><td>${Math.round(weight).toLocaleString('en')}</td><td>${distance?.medianKm ?? '–'}</td><td>${distance?.p95Km ?? '–'}</td><td>${distance?.maxKm ?? '–'}</td><td class="l">${escapeHtml(mostly)}</td></tr>`;
  });
  return table(['POP', 'share', unit, 'median km', 'p95 km', 'max km', 'mostly'], [0, 1, 6], rows);
}

function countryTable({ countries }: CatchmentReport, colourOf: (pop: string) => string): string {
  const rows = countries.slice(0, MOST_COUNTRIES).map(({ area, share, distance, pops }) => {
    const parts = pops
      .filter((part) => part.share >= 0.005)
      .map(
        (part) =>
          `<span class="${colourOf(part.pop)}"><i class="swatch"></i>${escapeHtml(shortPop(part.pop))}${part.share < 0.995 ? ` ${formatPercent(part.share)}` : ''}</span>`,
      );
    return `<tr><td class="l">${escapeHtml(area)}</td><td>${formatPercent(share, 1)}</td><td>${distance?.medianKm ?? '–'}</td><td>${distance?.p95Km ?? '–'}</td><td class="l">${parts.join(' ')}</td></tr>`;
  });
  return table(['country', 'share', 'median km', 'p95 km', 'POPs'], [0, 4], rows);
}

function table(titles: string[], left: number[], rows: string[]): string {
  const head = titles.map((each, i) => `<th${left.includes(i) ? ' class="l"' : ''}>${escapeHtml(each)}</th>`);
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
