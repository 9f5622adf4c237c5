// What each process of the lab takes of the machine, read from /proc: processor time twice, a second apart, and the
// proportional share of memory (proc(5): stat, smaps_rollup), in which what processes share is counted once.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_NODE, type ServiceStats } from '../../runtime.ts';
import type { ServiceProcess } from './service-process.ts';

const BETWEEN_READINGS_MS = 1000;
/** USER_HZ, the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

interface Process {
  node: string;
  service: string;
  pid: number;
}

/** Of services, the relay and this supervisor: all that the lab runs by itself. */
export async function processStats(services: readonly ServiceProcess[]): Promise<ServiceStats[]> {
  const processes = processesOf(services);
  const startedAt = performance.now();
  const before = processes.map(({ pid }) => cpuTicks(pid));
  await sleep(BETWEEN_READINGS_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  return processes.flatMap(({ node, service, pid }, index): ServiceStats[] => {
    const after = cpuTicks(pid);
    if (after === undefined) return [];
    const ticks = Math.max(0, after - (before[index] ?? after));
    const cpuPercent = (100 * ticks) / TICKS_PER_SECOND / seconds;
    return [{ node, service, cpuPercent, memoryBytes: proportionalSetSize(pid) }];
  });
}

function processesOf(services: readonly ServiceProcess[]): Process[] {
  const running = services.flatMap(({ node, service, pid }): Process[] =>
    pid === undefined ? [] : [{ node, service: service.name, pid }],
  );
  const known = new Set(running.map(({ pid }) => pid));
  const relay = ownChildren().filter((pid) => !known.has(pid) && isRelay(pid));
  return [
    ...running,
    ...relay.map((pid) => ({ node: LAB_NODE, service: 'relay', pid })),
    { node: LAB_NODE, service: 'supervisor', pid: process.pid },
  ];
}

/** Without what this process runs for a moment: a shell, a service that has not become itself yet. */
function ownChildren(): number[] {
  const text = read(`/proc/self/task/${process.pid}/children`) ?? '';
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function isRelay(pid: number): boolean {
  return /\brelay(\.js|\/main\.ts)\0/.test(read(`/proc/${pid}/cmdline`) ?? '');
}

/** Fields 14 and 15 of /proc/PID/stat: user and system time. */
function cpuTicks(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function proportionalSetSize(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
