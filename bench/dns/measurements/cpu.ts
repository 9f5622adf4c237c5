// CPU for each answer, of every server beside gdnsd: the figure that the client's own limit does not bound.

import type { Figure } from '../../support/figures.ts';
import { type Comparison, compare } from '../paired.ts';
import type { Bench } from '../prepare.ts';
import type { QuerySet, QuerySetName } from '../queries.ts';
import { serveRttReports } from '../rtt-reports.ts';
import type { RunningServer, ServerKind } from '../server.ts';
import { bind } from '../servers/bind.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { bareDgram, dns2 } from '../servers/node-programs.ts';
import { powerdns } from '../servers/powerdns.ts';

export const SERVER_CPU = 0;
export const CLIENT_CPU = 1;

/** The share of gdnsd's CPU that a query may take with batched I/O, and of a bare dgram socket's without. */
const BATCHED_BAR = 1.25;
const DGRAM_BAR = 1.1;
/** Ahead of Knot is ahead of BIND and PowerDNS too. */
const AHEAD_BAR = 1;

const SECTIONS: { [name in QuerySetName]?: string } = {
  ecs: 'CPU per query: 10 000 client subnets, one thread',
  plain: 'CPU per query: no EDNS, one thread',
  cookie: 'CPU per query: client subnets and client cookies, one thread',
};

export async function cpu(bench: Bench): Promise<void> {
  const pairs = bench.quick ? 3 : 8;
  const pinned = { cpu: SERVER_CPU };
  await bench.with(gdnsd(), pinned, async (reference) => {
    const beside = async (kind: ServerKind, sets: readonly QuerySetName[], bar?: number) =>
      bench.with(kind, pinned, async (subject) => {
        for (const set of sets) {
          const result = await compareCpu(subject, reference, bench.sets[set], pairs);
          bench.record(cpuFigure(SECTIONS[set] ?? set, kind.name, 'gdnsd', result, bar));
        }
      });
    await beside(bench.ours({}), ['ecs', 'plain', 'cookie'], BATCHED_BAR);
    await beside(bench.ours({ name: 'ours, nearest', policy: 'nearest' }), ['ecs'], BATCHED_BAR);
    const reports = await serveRttReports();
    const byRtt = bench.ours({ name: 'ours, latency', policy: 'latency', rttUrl: reports.url });
    await beside(byRtt, ['ecs'], BATCHED_BAR);
    reports.close();
    for (const kind of [knot(), bind, powerdns, bareDgram, dns2]) await beside(kind, ['ecs', 'plain']);
  });
  await bench.with(knot(), pinned, async (reference) =>
    bench.with(bench.ours({}), pinned, async (subject) => {
      const result = await compareCpu(subject, reference, bench.sets.ecs, pairs);
      bench.record(cpuFigure(SECTIONS.ecs ?? '', 'ours', 'knot', result, AHEAD_BAR));
    }),
  );
  await bench.with(bareDgram, pinned, async (reference) => {
    const variants: [ServerKind, number?][] = [
      [bench.ours({ name: 'ours without koffi', withoutKoffi: true }), DGRAM_BAR],
      // What it takes when nobody asks for speed, with the least memory.
      [bench.ours({ name: 'ours, workers 0', workers: 0 })],
    ];
    for (const [kind, bar] of variants) {
      await bench.with(kind, pinned, async (subject) => {
        for (const set of ['ecs', 'plain'] as const) {
          const result = await compareCpu(subject, reference, bench.sets[set], pairs);
          bench.record(cpuFigure(SECTIONS[set] ?? set, kind.name, 'bare dgram', result, bar));
        }
      });
    }
  });
}

export async function compareCpu(
  subject: RunningServer,
  reference: RunningServer,
  queries: QuerySet,
  pairs: number,
): Promise<Comparison> {
  return compare(subject, reference, { queries, duration: 1, cpu: CLIENT_CPU }, pairs);
}

export function cpuFigure(
  section: string,
  subject: string,
  reference: string,
  result: Comparison,
  bar?: number,
): Figure {
  const { subject: ours, reference: theirs } = result;
  const user = ours.cpuMicroseconds - ours.systemMicroseconds;
  const details = [
    `${ours.cpuMicroseconds.toFixed(1)} µs (${user.toFixed(1)} user + ${ours.systemMicroseconds.toFixed(1)} system), ${reference} ${theirs.cpuMicroseconds.toFixed(1)}`,
    `${thousands(ours.queriesPerSecond)}/s beside ${thousands(theirs.queriesPerSecond)} (${result.rateRatio.toFixed(2)})`,
    ...(result.lost > 0 ? [`${result.lost} lost`] : []),
    ...(result.dropped > 0 ? [`${result.dropped} slices dropped for steal`] : []),
  ];
  return {
    section,
    what: `CPU per query, ${subject}`,
    value: result.cpuRatio,
    unit: `× ${reference}`,
    ...(bar !== undefined && { bar }),
    detail: details.join('; '),
  };
}

export function thousands(rate: number): string {
  return `${(rate / 1000).toFixed(1)} k`;
}
