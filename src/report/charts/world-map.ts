// A world map in the Natural Earth projection with POPs, client locations and the way each client takes. The land is
// Natural Earth's 1:110m outline (public domain) from the world-atlas package; everything is drawn when the report is
// made, so that it opens without a network.

import { createRequire } from 'node:module';
import { type GeoProjection, geoGraticule10, geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import { element, escapeHtml, svg, text, title } from './svg.ts';

export interface MapPop {
  name: string;
  label: string;
  latitude: number;
  longitude: number;
  /** Index of its colour. */
  colour: number;
}

export interface MapClient {
  label: string;
  latitude: number;
  longitude: number;
  users: number;
  /** POP names; null when nothing answered. */
  pop: string | null;
  best: string | null;
  suboptimal: boolean;
  /** Tooltip. */
  note: string;
}

const WIDTH = 960;
const HEIGHT = 462;
/** Colours of POPs are the classes pop-0 to pop-11; further POPs begin again. */
export const POP_COLOURS = 12;

/** The land outline once per page; maps refer to it by id. */
export function landDefinition(): string {
  const atlas = createRequire(import.meta.url)('world-atlas/land-110m.json');
  const land = feature(atlas, atlas.objects.land);
  const path = geoPath(projection()).digits(1);
  const outline = element('path', { id: 'land', d: path(land) ?? '' });
  const lines = element('path', { id: 'graticule', d: path(geoGraticule10()) ?? '' });
  return `<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>${outline}${lines}</defs></svg>`;
}

export function worldMap(label: string, pops: readonly MapPop[], clients: readonly MapClient[]): string {
  const project = projection();
  const path = geoPath(project).digits(1);
  const popOf = (name: string | null) => pops.find((pop) => pop.name === name);
  const arc = (client: MapClient, pop: MapPop, className: string) =>
    element('path', {
      class: className,
      d:
        path({
          type: 'LineString',
          coordinates: [
            [client.longitude, client.latitude],
            [pop.longitude, pop.latitude],
          ],
        }) ?? '',
    });
  const arcs = clients.flatMap((client) => {
    const chosen = popOf(client.pop);
    const best = popOf(client.best);
    return [
      ...(chosen ? [arc(client, chosen, `way pop-${chosen.colour}`)] : []),
      ...(client.suboptimal && best ? [arc(client, best, `way better pop-${best.colour}`)] : []),
    ];
  });
  const largest = Math.max(1, ...clients.map((client) => client.users));
  const dots = clients.map((client) => dot(client, project, popOf(client.pop), largest));
  return svg(
    WIDTH,
    HEIGHT,
    label,
    '<use href="#graticule" class="graticule"/>',
    '<use href="#land" class="land"/>',
    ...arcs,
    ...dots,
    ...pops.map((pop) => popMark(pop, project)),
    ...clients.filter((client) => client.suboptimal).map((client) => clientLabel(client, project, largest)),
  );
}

/** No Antarctica and no empty Arctic: there are no users, and the rest gets larger. */
function projection(): GeoProjection {
  const outline = {
    type: 'MultiPoint' as const,
    coordinates: [
      [-179.9, 0],
      [179.9, 0],
      [0, 76],
      [0, -50],
    ],
  };
  return geoNaturalEarth1().fitExtent(
    [
      [2, 2],
      [WIDTH - 2, HEIGHT - 2],
    ],
    outline,
  );
}

/** Area, not radius, is in proportion to users. */
function radius(users: number, largest: number): number {
  return 4 + 9 * Math.sqrt(users / largest);
}

function at(project: GeoProjection, place: { latitude: number; longitude: number }): [number, number] {
  return project([place.longitude, place.latitude]) ?? [0, 0];
}

function dot(client: MapClient, project: GeoProjection, pop: MapPop | undefined, largest: number): string {
  const [cx, cy] = at(project, client);
  const r = radius(client.users, largest);
  const ring = client.suboptimal || !pop ? element('circle', { cx, cy, r: r + 3.5, class: 'ring' }) : '';
  const colour = pop ? `pop-${pop.colour}` : 'pop-none';
  return `<g>${title(client.note)}${ring}${element('circle', { cx, cy, r, class: `client ${colour}` })}</g>`;
}

function popMark(pop: MapPop, project: GeoProjection): string {
  const [x, y] = at(project, pop);
  return element(
    'g',
    { class: `pop-mark pop-${pop.colour}` },
    title(`POP ${pop.label}`),
    element('path', { d: `M${x} ${y - 9}L${x + 9} ${y}L${x} ${y + 9}L${x - 9} ${y}Z` }),
    text(x, y - 13, pop.label.toUpperCase(), { class: 'pop-label', 'text-anchor': 'middle' }),
  );
}

function clientLabel(client: MapClient, project: GeoProjection, largest: number): string {
  const [x, y] = at(project, client);
  const right = x > WIDTH - 140;
  const offset = radius(client.users, largest) + 7;
  return element(
    'text',
    {
      x: right ? x - offset : x + offset,
      y: y + 5,
      class: 'client-label',
      'text-anchor': right ? 'end' : 'start',
    },
    escapeHtml(client.label),
  );
}
