// The comparison and the failover as tables for a terminal: one line per client location, POPs that are not the best
// one marked. Narrow terminals lose columns, never the POPs. Pure: width and colour are arguments (NO_COLOR is read by
// the caller, see https://no-color.org).

import { styleText } from 'node:util';
import type { ClientComparison, Comparison } from '../measurement/comparison-result.ts';
import type { StrategyFailover } from '../measurement/failover.ts';
import { STEERING_STRATEGIES, type SteeringStrategy } from '../measurement/sample.ts';
import { BAD_INFLATION_MS, isSuboptimal } from '../measurement/summary.ts';
import { formatDuration, formatMs, formatUsers, shortPop } from './format.ts';
import type { FailoverReport } from './report-model.ts';

export interface TableStyle {
  /** Columns of the terminal; undefined for a pipe: as wide as it takes. */
  width?: number;
  colour: boolean;
}

type Style = Parameters<typeof styleText>[0];

interface Cell {
  text: string;
  style?: Style;
}

interface Column {
  title: string;
  align: 'left' | 'right';
  /** Columns of the same group stand under its name. */
  group?: string;
  cell: (client: ClientComparison) => Cell;
}

const HEADINGS: Record<SteeringStrategy, string> = {
  'dns-nearest': 'DNS nearest',
  'dns-latency': 'DNS latency',
  anycast: 'anycast',
};

const GAP = '  ';

/** Table, legend line and nothing else; ends with a newline. */
export function comparisonTable(comparison: Comparison, style: TableStyle): string {
  const layouts = [
    columns(comparison, ['resolve', 'connect', 'total']),
    columns(comparison, ['connect', 'total']),
    columns(comparison, ['total']),
    columns(comparison, []),
  ];
  const fitting = layouts.find((layout) => widthOf(layout, comparison) <= (style.width ?? Infinity));
  const chosen = fitting ?? columns(comparison, [], true);
  return `${render(chosen, comparison, style)}${paint(legend(comparison), 'dim', style)}\n`;
}

function columns(comparison: Comparison, times: readonly string[], bare = false): Column[] {
  const measured = STEERING_STRATEGIES.filter((strategy) =>
    comparison.clients.some((client) => client.strategies[strategy].pop !== null),
  );
  return [
    { title: 'client', align: 'left', cell: (client) => ({ text: client.city }) },
    ...(bare
      ? []
      : [
          {
            title: 'users',
            align: 'right' as const,
            cell: (client: ClientComparison) => ({ text: formatUsers(client.users) }),
          },
        ]),
    { title: 'POP', align: 'left', group: 'best', cell: (client) => ({ text: shortPop(client.best?.pop) }) },
    ...(bare ? [] : [timeColumn('best', 'RTT', (client) => client.best?.rttMs)]),
    ...measured.flatMap((strategy): Column[] => {
      const group = bare ? (HEADINGS[strategy].split(' ').at(-1) ?? '') : HEADINGS[strategy];
      const offered: Record<string, Column> = {
        resolve: timeColumn(group, 'resolve', (client) => client.strategies[strategy].resolveMs),
        connect: timeColumn(group, 'connect', (client) => client.strategies[strategy].rttMs),
        total: timeColumn(group, 'total', (client) => client.strategies[strategy].totalMs),
      };
      return [
        { title: 'POP', align: 'left', group, cell: (client) => popCell(client, strategy) },
        ...times.flatMap((name) => offered[name] ?? []),
      ];
    }),
  ];
}

function timeColumn(
  group: string,
  title: string,
  value: (client: ClientComparison) => number | null | undefined,
): Column {
  return { title, align: 'right', group, cell: (client) => ({ text: formatMs(value(client)) }) };
}

/** `gru` in green, `gru*` when another POP is faster, `gru!` when it is by more than 25 ms. */
function popCell(client: ClientComparison, strategy: SteeringStrategy): Cell {
  const result = client.strategies[strategy];
  if (result.pop === null) return { text: 'none!', style: 'red' };
  const name = shortPop(result.pop);
  if (!isSuboptimal(client, strategy)) return { text: name, style: 'green' };
  const bad = (result.inflationMs ?? 0) > BAD_INFLATION_MS;
  return bad ? { text: `${name}!`, style: ['red', 'bold'] } : { text: `${name}*`, style: 'yellow' };
}

function legend({ clients }: Comparison): string {
  const any = clients.some((client) =>
    STEERING_STRATEGIES.some((strategy) => isSuboptimal(client, strategy)),
  );
  const marks = any ? '  * not the best POP   ! more than 25 ms above it' : '';
  return `milliseconds, medians, warm caches; total = resolve + connect + fetch${marks}`;
}

function columnWidths(layout: readonly Column[], { clients }: Comparison): number[] {
  const widths = layout.map((column) =>
    Math.max(column.title.length, ...clients.map((client) => column.cell(client).text.length)),
  );
  // The last column of a group grows until the group's name fits above it.
  layout.forEach((column, i) => {
    if (column.group === undefined || layout[i + 1]?.group === column.group) return;
    const first = layout.findIndex((each) => each.group === column.group);
    const width = widths.slice(first, i + 1).reduce((sum, each) => sum + each + GAP.length, -GAP.length);
    widths[i] = (widths[i] ?? 0) + Math.max(0, column.group.length - width);
  });
  return widths;
}

function widthOf(layout: readonly Column[], comparison: Comparison): number {
  const widths = columnWidths(layout, comparison);
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

function render(layout: readonly Column[], comparison: Comparison, style: TableStyle): string {
  const widths = columnWidths(layout, comparison);
  const line = (cell: (column: Column) => Cell) =>
    layout
      .map((column, i) => {
        const { text, style: cellStyle } = cell(column);
        const padded = column.align === 'left' ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
        return cellStyle ? paint(padded, cellStyle, style) : padded;
      })
      .join(GAP)
      .trimEnd();
  const rows = comparison.clients.map((client) => line((column) => column.cell(client)));
  return [
    paint(groupLine(layout, widths), 'bold', style),
    paint(
      line((column) => ({ text: column.title })),
      'dim',
      style,
    ),
    ...rows,
    '',
  ].join('\n');
}

/** Group names, each above the first column of its group. */
function groupLine(layout: readonly Column[], widths: readonly number[]): string {
  let text = '';
  let offset = 0;
  layout.forEach((column, i) => {
    if (column.group !== undefined && column.group !== layout[i - 1]?.group) {
      text = `${text.padEnd(offset)}${column.group}`;
    }
    offset += (widths[i] ?? 0) + GAP.length;
  });
  return text.trimEnd();
}

/** One line per strategy for the clients of the failed POP and for all, then the affected clients one by one. */
export function failoverTable(report: FailoverReport, style: TableStyle): string {
  const heading = [
    '',
    'clients',
    'requests',
    'lost',
    'slow',
    'recovered after',
    'downloads broken',
    'lost on restore',
  ];
  const rows = report.result.strategies.flatMap((each) => [
    [`${label(each)}, affected`, ...cells(each.affected, each)],
    [`${label(each)}, all`, ...cells(each.all, each)],
  ]);
  const perClient = report.result.strategies.flatMap((each) =>
    each.perClient
      .filter((client) => client.affected || client.failure.lost > 0)
      .map((client) => [
        client.affected ? client.city : `(${client.city})`,
        label(each),
        `${client.popBefore ?? '–'} > ${client.popDuring ?? '–'} > ${client.popAfter ?? '–'}`,
        `${client.failure.lost} of ${client.failure.requests}`,
        client.failure.lost === 0 ? 'none lost' : formatRecovery(client.failure.recoveryMs),
        `${client.downloads.brokenByFailure} of ${client.downloads.openAtFailure}`,
      ]),
  );
  const detail = [
    'client (served elsewhere)',
    'strategy',
    'POP before > during > after',
    'lost',
    'recovered after',
    'downloads broken',
  ];
  return `${grid([heading, ...rows], style)}\n${grid([detail, ...perClient], style)}`;
}

function label(each: StrategyFailover): string {
  return each.strategy === 'oracle' ? 'oracle' : HEADINGS[each.strategy];
}

function cells(totals: StrategyFailover['all'], _: StrategyFailover): string[] {
  const { recoveryMs, notRecovered } = totals;
  const worst =
    recoveryMs.worst === null
      ? notRecovered > 0
        ? 'not recovered'
        : 'none lost'
      : formatDuration(recoveryMs.median);
  const range =
    recoveryMs.worst !== null && recoveryMs.worst !== recoveryMs.median
      ? ` (worst ${formatDuration(recoveryMs.worst)})`
      : '';
  return [
    String(totals.clients),
    String(totals.requests),
    String(totals.lost),
    String(totals.slow),
    `${worst}${range}${notRecovered > 0 && recoveryMs.worst !== null ? `, ${notRecovered} never` : ''}`,
    `${totals.downloadsBroken} of ${totals.downloadsOpen}`,
    String(totals.lostOnRestoration),
  ];
}

function formatRecovery(ms: number | null): string {
  return ms === null ? 'not before the restore' : formatDuration(ms);
}

function grid(rows: readonly string[][], style: TableStyle): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const lines = rows.map((row, n) => {
    const text = row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join(GAP)
      .trimEnd();
    return n === 0 ? paint(text, 'dim', style) : text;
  });
  return `${lines.join('\n')}\n`;
}

function paint(text: string, format: Style, style: TableStyle): string {
  return style.colour ? styleText(format, text, { validateStream: false }) : text;
}
