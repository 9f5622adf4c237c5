// What each service of the lab takes of the machine, read from /proc: processor time twice, a second apart, and the
// proportional share of memory (proc(5): stat, smaps_rollup), in which what processes share is counted once.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceStats } from '../../runtime.ts';
import type { ServiceProcess } from './service-process.ts';

const BETWEEN_READINGS_MS = 1000;
/** USER_HZ, the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

export async function processStats(services: readonly ServiceProcess[]): Promise<ServiceStats[]> {
  const startedAt = performance.now();
  const before = services.map(({ pid }) => cpuTicks(pid));
  await sleep(BETWEEN_READINGS_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  return services.flatMap(({ node, service, pid }, index): ServiceStats[] => {
    const after = cpuTicks(pid);
    if (after === undefined) return [];
    const ticks = Math.max(0, after - (before[index] ?? after));
    const cpuPercent = (100 * ticks) / TICKS_PER_SECOND / seconds;
    return [{ node, service: service.name, cpuPercent, memoryBytes: proportionalSetSize(pid) }];
  });
}

/** Fields 14 and 15 of /proc/PID/stat: user and system time. */
function cpuTicks(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}

function proportionalSetSize(pid: number | undefined): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
