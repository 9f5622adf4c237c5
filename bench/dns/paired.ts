// Two servers measured in turns, a second each: a shared machine's speed drifts by a third within minutes, so figures of
// different minutes do not compare, but those of neighbouring seconds do. The result is the median of the ratios.

import { readFileSync } from 'node:fs';
import { dnsperf, type Load } from './dnsperf.ts';
import type { RunningServer } from './server.ts';

export interface Slice {
  queriesPerSecond: number;
  cpuMicroseconds: number;
  systemMicroseconds: number;
  lost: number;
  /** Share of the time that the hypervisor gave to others. */
  steal: number;
}

export interface Comparison {
  subject: Slice;
  reference: Slice;
  /** Medians over the pairs, subject / reference. */
  cpuRatio: number;
  rateRatio: number;
  pairs: number;
  dropped: number;
  lost: number;
}

const MAX_STEAL = 0.6;

export async function compare(
  subject: RunningServer,
  reference: RunningServer,
  load: Load,
  pairs: number,
): Promise<Comparison> {
  // Compilers, caches and connection tracking are warm before anything counts.
  for (const server of [subject, reference]) await dnsperf(server.port, { ...load, duration: 1 });
  const taken: { subject: Slice; reference: Slice }[] = [];
  for (let i = 0; i < pairs; i++) {
    // Turn about, so that a drift in one direction favours nobody.
    if (i % 2 === 0)
      taken.push({ subject: await slice(subject, load), reference: await slice(reference, load) });
    else {
      const second = await slice(reference, load);
      taken.push({ subject: await slice(subject, load), reference: second });
    }
  }
  const good = taken.filter((pair) => pair.subject.steal <= MAX_STEAL && pair.reference.steal <= MAX_STEAL);
  const kept = good.length > 0 ? good : taken;
  const ratio = (of: (slice: Slice) => number) =>
    median(kept.map((pair) => of(pair.subject) / of(pair.reference)));
  return {
    subject: medianSlice(kept.map((pair) => pair.subject)),
    reference: medianSlice(kept.map((pair) => pair.reference)),
    cpuRatio: ratio((each) => each.cpuMicroseconds),
    rateRatio: ratio((each) => each.queriesPerSecond),
    pairs: kept.length,
    dropped: taken.length - good.length,
    lost: taken.reduce((sum, pair) => sum + pair.subject.lost, 0),
  };
}

/** One run, with what it took of the server's CPU for each answer. */
export async function slice(server: RunningServer, load: Load): Promise<Slice> {
  const before = server.cpu();
  const stealBefore = stealCounts();
  const result = await dnsperf(server.port, load);
  const after = server.cpu();
  const system = after.systemSeconds - before.systemSeconds;
  const total = system + after.userSeconds - before.userSeconds;
  return {
    queriesPerSecond: result.queriesPerSecond,
    cpuMicroseconds: (total * 1e6) / result.completed,
    systemMicroseconds: (system * 1e6) / result.completed,
    lost: result.lost,
    steal: stealShare(stealBefore, stealCounts()),
  };
}

function medianSlice(slices: readonly Slice[]): Slice {
  const of = (field: keyof Slice) => median(slices.map((each) => each[field]));
  return {
    queriesPerSecond: of('queriesPerSecond'),
    cpuMicroseconds: of('cpuMicroseconds'),
    systemMicroseconds: of('systemMicroseconds'),
    lost: of('lost'),
    steal: of('steal'),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** proc(5), /proc/stat: user nice system idle iowait irq softirq steal. */
function stealCounts(): number[] {
  const [first] = readFileSync('/proc/stat', 'utf8').split('\n');
  return (first ?? '').split(/\s+/).slice(1, 9).map(Number);
}

function stealShare(before: readonly number[], after: readonly number[]): number {
  const delta = after.map((value, i) => value - (before[i] ?? 0));
  const total = delta.reduce((sum, value) => sum + value, 0);
  return total > 0 ? (delta[7] ?? 0) / total : 0;
}
