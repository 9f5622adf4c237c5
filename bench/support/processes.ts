// What /proc says of a server: CPU and memory of a process with all that it started (varnishd works in a child), and
// how busy a processor was with everything.

import { readdirSync, readFileSync } from 'node:fs';

/** In MB of 2^20 bytes (proc(5): smaps_rollup, status). */
export interface Memory {
  pss: number;
  rss: number;
  /** Sum of the greatest RSS of each process so far. */
  peakRss: number;
}

/** Seconds so far of all threads, those that have ended left out; the scheduler's own count, in nanoseconds. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const each of processTree(pid)) {
    for (const thread of readdirSync(`/proc/${each}/task`)) {
      const text = readFileSync(`/proc/${each}/task/${thread}/schedstat`, 'utf8');
      nanoseconds += Number(text.split(' ', 1)[0]);
    }
  }
  return nanoseconds / 1e9;
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

/** Seconds that a processor was not idle so far, the host's use of it (steal) included (proc(5), /proc/stat). */
export function busySeconds(cpu: number): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n');
  const counts = lines.find((line) => line.startsWith(`cpu${cpu} `))?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = counts.slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** What /proc/stat counts in (sysconf(_SC_CLK_TCK), 100 on every Linux of today). */
const TICKS_PER_SECOND = 100;

function megabytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
}
