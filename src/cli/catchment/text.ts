// Catchments and their differences as a terminal shows them. Pure.

import type { CatchmentDiff } from '../../dns/catchment/compare.ts';
import type { DistanceStatistics } from '../../dns/catchment/distance-statistics.ts';
import type { AreaSummary, CatchmentSummary, PopShare } from '../../dns/catchment/summarize.ts';
import type { Weighing } from '../../dns/catchment/weigh-groups.ts';
import { type Column, formatTable } from '../table.ts';

export interface CatchmentReport extends CatchmentSummary {
  name: string;
  policy: string;
  family: 4 | 6;
  down: string[];
  geoip: { file: string; type: string; builtAt: string };
  prefixes: number;
  scopes: number;
  meanScope: number;
}

const UNITS: Record<Weighing['unit'], string> = {
  addresses: 'IPv4 addresses',
  networks: 'IPv6 networks (/48)',
  users: 'Internet users',
};

/** Rows of the tables of areas and losers: what fits a screen. */
const MOST_ROWS = 12;

export function summaryText(report: CatchmentReport): string {
  const { unit, total, pops, continents, countries, located } = report;
  const head = [
    `${report.name}: policy ${report.policy}, ${report.down.length > 0 ? `${report.down.join(', ')} down` : 'all POPs up'}`,
    `${report.geoip.type} of ${report.geoip.builtAt.slice(0, 10)}, ${number(report.prefixes)} IPv${report.family} prefixes, ${number(total)} ${UNITS[unit]}`,
    `in a resolver's cache up to ${number(report.scopes)} entries a name (mean ECS scope /${report.meanScope.toFixed(1)})`,
    `the distance is known for ${percent(located)}: the rest GeoIP places no nearer than a country, or BGP picks its POP`,
  ];
  const popTable = formatTable(
    [
      { title: 'POP', cell: ({ pop }) => pop },
      { title: 'SHARE', align: 'right', cell: ({ share }) => percent(share) },
      { title: unit.toUpperCase(), align: 'right', cell: ({ weight }) => number(weight) },
      ...distanceColumns<CatchmentSummary['pops'][number]>(({ distance }) => distance),
      {
        title: 'MOSTLY',
        cell: ({ countries: areas }) =>
          areas
            .slice(0, 4)
            .map(({ country, share }) => `${country} ${percent(share, 0)}`)
            .join(', '),
      },
    ],
    [...pops, { pop: 'all', share: 1, weight: total, distance: report.distance, countries: [] }],
  );
  return [
    head.join('\n'),
    popTable,
    areaTable('CONTINENT', continents),
    areaTable('COUNTRY', countries),
  ].join('\n\n');
}

export interface DiffReport extends CatchmentDiff {
  name: string;
  family: 4 | 6;
  prefixes: number;
}

export function diffText(diff: DiffReport): string {
  const { unit, total, moved, before, after, pops, moves, losers } = diff;
  const head = [
    `${diff.name}: ${percent(moved, 2)} of ${number(total)} ${UNITS[unit]} ${moved === 0 ? 'move' : 'go to another POP'} (${number(diff.movedPrefixes)} of ${number(diff.prefixes)} prefixes)`,
    ...(before && after
      ? [
          `median distance ${before.medianKm} km before, ${after.medianKm} km after; 95th percentile ${before.p95Km} and ${after.p95Km} km`,
        ]
      : []),
  ].join('\n');
  const popTable = formatTable(
    [
      { title: 'POP', cell: ({ pop }) => pop },
      { title: 'BEFORE', align: 'right', cell: (pop) => percent(pop.before) },
      { title: 'AFTER', align: 'right', cell: (pop) => percent(pop.after) },
      { title: 'CHANGE', align: 'right', cell: (pop) => signedPoints(pop.after - pop.before) },
    ],
    pops,
  );
  if (moves.length === 0) return `${head}\n\n${popTable}`;
  const moveTable = formatTable(
    [
      { title: 'FROM', cell: ({ from }) => from },
      { title: 'TO', cell: ({ to }) => to },
      { title: 'SHARE', align: 'right', cell: ({ share }) => percent(share, 2) },
      { title: unit.toUpperCase(), align: 'right', cell: ({ weight }) => number(weight) },
      { title: 'PREFIXES', align: 'right', cell: ({ prefixes }) => number(prefixes) },
      { title: 'KM BEFORE', align: 'right', cell: (move) => kilometres(move.before?.medianKm) },
      { title: 'KM AFTER', align: 'right', cell: (move) => kilometres(move.after?.medianKm) },
    ],
    moves.slice(0, MOST_ROWS),
  );
  const loserTable = formatTable(
    [
      { title: 'LOSES MOST', cell: ({ place }) => place },
      { title: 'FROM', cell: ({ from }) => from },
      { title: 'TO', cell: ({ to }) => to },
      { title: 'SHARE', align: 'right', cell: ({ share }) => percent(share, 3) },
      { title: 'KM BEFORE', align: 'right', cell: ({ beforeKm }) => kilometres(beforeKm) },
      { title: 'KM AFTER', align: 'right', cell: ({ afterKm }) => kilometres(afterKm) },
    ],
    losers.slice(0, MOST_ROWS),
  );
  return [head, popTable, moveTable, ...(losers.length > 0 ? [loserTable] : [])].join('\n\n');
}

function areaTable(title: string, areas: AreaSummary[]): string {
  const shown = areas.slice(0, MOST_ROWS);
  const rest = areas.length - shown.length;
  const table = formatTable(
    [
      { title, cell: ({ area }) => area },
      { title: 'SHARE', align: 'right', cell: ({ share }) => percent(share) },
      ...distanceColumns<AreaSummary>(({ distance }) => distance),
      { title: 'POPS', cell: ({ pops }) => popsText(pops) },
    ],
    shown,
  );
  return rest > 0 ? `${table}\nand ${rest} more: --json has them` : table;
}

function popsText(pops: PopShare[]): string {
  return pops
    .filter(({ share }) => share >= 0.005)
    .slice(0, 4)
    .map(({ pop, share }) => (share > 0.995 ? pop : `${pop} ${percent(share, 0)}`))
    .join(', ');
}

function distanceColumns<Row>(of: (row: Row) => DistanceStatistics | undefined): Column<Row>[] {
  return [
    { title: 'MEDIAN km', align: 'right', cell: (row) => kilometres(of(row)?.medianKm) },
    { title: 'P95 km', align: 'right', cell: (row) => kilometres(of(row)?.p95Km) },
    { title: 'MAX km', align: 'right', cell: (row) => kilometres(of(row)?.maxKm) },
  ];
}

function kilometres(km: number | undefined): string {
  return km === undefined ? '-' : String(km);
}

function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

function signedPoints(change: number): string {
  const points = (change * 100).toFixed(1);
  return change > 0 ? `+${points}` : points;
}

/** Thousands apart by a thin sign that every terminal has. */
function number(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}
