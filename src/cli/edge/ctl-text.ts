// Answers of an edge's admin server for people; `--json` prints them as they came. Pure.

import type { KeptTrace } from '../../edge/explain-log.ts';
import type { PurgeReport } from '../../edge/io/purge-service.ts';
import type { WarmReport } from '../../edge/io/warm-urls.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';
import { traceText } from './trace-text.ts';

interface EdgeState {
  pop: string;
  objects: number;
  bytes: number;
  inFlight: number;
  requests: Record<string, number>;
  hitRatio: number | null;
  draining?: boolean;
  accessLog?: { droppedLines: number };
}

export function statusText(answer: string): string {
  const state = JSON.parse(answer) as EdgeState;
  const { pop, objects, bytes, inFlight, requests, hitRatio, draining } = state;
  const droppedLines = state.accessLog?.droppedLines ?? 0;
  const counts = Object.entries(requests).filter(([, count]) => count > 0);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const share = (count: number) => `${((100 * count) / total).toFixed(1)} %`;
  return [
    `POP ${pop}${draining ? ', draining' : ''}`,
    `store:     ${objects} objects, ${bytesText(bytes)}`,
    `in flight: ${inFlight} requests to the origin`,
    `hit ratio: ${hitRatio === null ? 'nothing was asked for yet' : `${(100 * hitRatio).toFixed(1)} %`}`,
    ...(droppedLines === 0
      ? []
      : [`log:       ${droppedLines} lines lost: the disk of the access log is too slow or full`]),
    ...(total === 0
      ? []
      : [
          '',
          formatTable(
            [
              { title: 'REQUESTS', cell: ([name]) => name },
              { title: 'COUNT', align: 'right', cell: ([, count]) => String(count) },
              { title: 'SHARE', align: 'right', cell: ([, count]) => share(count) },
            ],
            counts,
          ),
        ]),
  ].join('\n');
}

export function purgeText(answer: string): string {
  const report = JSON.parse(answer) as PurgeReport;
  const { purged, objects, lazy, soft, repeated, milliseconds, peers, unwritten } = report;
  const counted = `${objects} ${objects === 1 ? 'object' : 'objects'} ${soft ? 'marked stale' : 'dropped'}`;
  // None of the rest is served: a lookup holds each against the purge first.
  const did = lazy ? `at least ${counted}, the rest as they are met,` : counted;
  const lines = [
    repeated
      ? `${purged}: this purge was carried out before`
      : `${purged}: ${did} in ${milliseconds.toFixed(1)} ms`,
  ];
  for (const peer of peers ?? []) {
    const done = peer.confirmed ? 'confirmed' : `did not confirm: ${peer.error ?? 'no reason given'}`;
    lines.push(`  ${peer.name}: ${done}, ${peer.milliseconds.toFixed(1)} ms`);
  }
  if (peers?.length === 0) lines.push('nobody else was told: this edge has no purge.peers');
  if (peers?.some(({ confirmed }) => !confirmed))
    lines.push('not every peer confirmed: those catch up when they are back');
  if (unwritten !== undefined)
    lines.push(`carried out, but not written down, so a restart may forget it: ${unwritten}`);
  return lines.join('\n');
}

export function warmText(answer: string): string {
  const { asked, stored, hits, failed, bytes, milliseconds, notStored } = JSON.parse(answer) as WarmReport;
  const seconds = (milliseconds / 1000).toFixed(1);
  return [
    `${asked} URLs: ${stored} stored, ${hits} were there, ${failed} failed; ${bytesText(bytes)} in ${seconds} s`,
    ...notStored.map(({ url, status, detail }) => `  ${url}: ${status}${detail ? `, ${detail}` : ''}`),
  ].join('\n');
}

export function pinText(answer: string): string {
  const { url, pinned } = JSON.parse(answer) as { url: string; pinned: boolean };
  return pinned ? `${url} stays until it is unpinned` : `${url} may be evicted again`;
}

export function drainText(answer: string): string {
  const { draining } = JSON.parse(answer) as { draining: boolean };
  return draining
    ? 'draining: /healthz says 503, requests are served on'
    : 'not draining: /healthz says 200 again';
}

export function traceAnswerText(answer: string, { style }: Output): string {
  const { record, steps, at } = JSON.parse(answer) as KeptTrace;
  const { authority, pathAndQuery } = record.request;
  return traceText(`http://${authority}${pathAndQuery} at ${at}`, steps, style);
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
