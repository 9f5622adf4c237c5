// What /proc says of a server: CPU and memory of a process with all that it started (varnishd works in a child), and the
// share of the time that the hypervisor gave to others.

import { readdirSync, readFileSync } from 'node:fs';

/** In MB of 2^20 bytes (proc(5): smaps_rollup, status). */
export interface Memory {
  pss: number;
  rss: number;
  /** Sum of the greatest RSS of each process so far. */
  peakRss: number;
}

/** Seconds so far of all threads, those that have ended left out. */
export interface CpuTime {
  used: number;
  /** Ready to run while others had the processor. */
  waited: number;
}

/** The scheduler's own count, in nanoseconds (Documentation/scheduler/sched-stats.rst). */
export function cpuTime(pid: number): CpuTime {
  const sum = { used: 0, waited: 0 };
  for (const each of processTree(pid)) {
    for (const thread of readdirSync(`/proc/${each}/task`)) {
      const text = readFileSync(`/proc/${each}/task/${thread}/schedstat`, 'utf8');
      const [used = 0, waited = 0] = text.split(' ').map(Number);
      sum.used += used / 1e9;
      sum.waited += waited / 1e9;
    }
  }
  return sum;
}

export function memory(pid: number): Memory {
  const sum = { pss: 0, rss: 0, peakRss: 0 };
  for (const each of processTree(pid)) {
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, 'utf8');
    sum.pss += megabytes(rollup, 'Pss');
    sum.rss += megabytes(rollup, 'Rss');
    sum.peakRss += megabytes(readFileSync(`/proc/${each}/status`, 'utf8'), 'VmHWM');
  }
  return sum;
}

/** A process and its descendants. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** proc(5), /proc/stat: user nice system idle iowait irq softirq steal, of the processor or of all. */
export function cpuCounts(cpu?: number): number[] {
  const name = cpu === undefined ? 'cpu ' : `cpu${cpu} `;
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(name));
  return (line ?? '').split(/\s+/).slice(1, 9).map(Number);
}

/** Of the time between two `cpuCounts`. */
export function stealShare(before: readonly number[], after: readonly number[]): number {
  const delta = after.map((value, i) => value - (before[i] ?? 0));
  const total = delta.reduce((sum, value) => sum + value, 0);
  return total > 0 ? (delta[7] ?? 0) / total : 0;
}

function megabytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
}
