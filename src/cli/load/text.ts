// A load run for people: what was asked, what came back, how long it took. Pure.

import type { HistogramData } from '../../load/latency-histogram.ts';
import type { LoadPlan } from '../../load/load-plan.ts';
import { type LoadResult, percentilesMs, type SecondOfLoad } from '../../load/load-result.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';

/** Above it this program's own delay is part of what was measured. */
const NOTABLE_LATENESS_MS = 2;

export function loadText(
  plan: Omit<LoadPlan, 'targets'>,
  result: LoadResult,
  { style }: Pick<Output, 'style'>,
  withSeries = false,
): string {
  const failed = sum(result.errors);
  const lines = [
    `${result.requests} requests in ${result.seconds.toFixed(1)} s, ${style('bold', `${result.requestsPerSecond.toFixed(1)}/s`)} (${loopText(plan)}); ${bytesText(result.bytes)}`,
    `statuses: ${countsText(result.statuses) || 'none'}${failed > 0 ? `; ${style('red', `failed: ${countsText(result.errors)}`)}` : ''}`,
  ];
  if (result.hitRatio !== null) {
    lines.push(
      `cache:    ${countsText(result.results)}; hit ratio ${style('bold', percent(result.hitRatio))}, of bytes ${percent(result.byteHitRatio ?? 0)}`,
    );
  }
  if (Object.keys(result.pops).length > 0) lines.push(`POPs:     ${countsText(result.pops)}`);
  if (result.reconnects > 0)
    lines.push(`${result.reconnects} kept connections were closed by the server and opened again`);
  lines.push('', latencyTable(plan, result));
  const late = percentilesMs(result.lateness);
  if (plan.loop.kind === 'open' && (late['p99'] ?? 0) > NOTABLE_LATENESS_MS) {
    lines.push(
      '',
      `note: 1 % of requests went out ${(late['p99'] ?? 0).toFixed(1)} ms or more after their time (no free connection, or this machine is busy); that is part of their latency`,
    );
  }
  if (plan.loop.kind === 'closed') {
    lines.push(
      '',
      'note: a closed loop sends nothing while it waits, so a stall counts once: --rate measures what users see',
    );
  }
  if (withSeries) lines.push('', seriesTable(result.series));
  return lines.join('\n');
}

function latencyTable(plan: Omit<LoadPlan, 'targets'>, result: LoadResult): string {
  const rows: [string, HistogramData][] = [
    ['total', result.latency],
    ['first byte', result.firstByte],
    ...(plan.loop.kind === 'open' ? [['without waiting', result.service] as [string, HistogramData]] : []),
    ...Object.entries(result.latencyByResult).sort((a, b) => countOf(b[1]) - countOf(a[1])),
  ];
  const columns = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];
  return formatTable(
    [
      { title: 'LATENCY, ms', cell: ([name]) => name },
      { title: 'REQUESTS', align: 'right', cell: ([, data]) => String(countOf(data)) },
      ...columns.map((name) => ({
        title: name,
        align: 'right' as const,
        cell: ([, data]: [string, HistogramData]) => msText(percentilesMs(data)[name] ?? 0),
      })),
    ],
    rows,
  );
}

function seriesTable(series: readonly SecondOfLoad[]): string {
  return formatTable(
    [
      { title: 'SECOND', align: 'right', cell: ({ second }) => String(second) },
      { title: 'STARTED', align: 'right', cell: ({ started }) => String(started) },
      { title: 'FAILED', align: 'right', cell: ({ errors }) => String(errors) },
      {
        title: 'HITS',
        align: 'right',
        cell: ({ hits, completed }) => (completed === 0 ? '-' : percent(hits / completed)),
      },
      { title: 'p50 ms', align: 'right', cell: ({ p50Ms }) => msText(p50Ms) },
      { title: 'p99 ms', align: 'right', cell: ({ p99Ms }) => msText(p99Ms) },
      { title: 'max ms', align: 'right', cell: ({ maxMs }) => msText(maxMs) },
    ],
    [...series],
  );
}

function loopText({ loop, requests }: Omit<LoadPlan, 'targets'>): string {
  if (requests.kind === 'replay')
    return `replay${requests.speed === 1 ? '' : `, ${requests.speed} times as fast`}`;
  if (loop.kind === 'closed') return `closed loop, ${loop.connections} connections`;
  return `open loop, ${loop.ratePerSecond}/s ${loop.arrivals}`;
}

function countsText(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function countOf(data: HistogramData): number {
  return data.counts.reduce((total, [, count]) => total + count, 0);
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function msText(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
