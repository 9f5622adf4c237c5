// How busy the machine was while something was measured: on a loaded host, scheduling adds latency of its own, so every
// report says it beside the numbers.

import { cpus, loadavg } from 'node:os';
import type { HostLoad } from '../comparison-result.ts';

/** Starts watching; the returned function ends it and tells the load since then. */
export function watchHostLoad(): () => HostLoad {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    const total = after.total - before.total;
    return {
      cores: cpus().length,
      busyShare: total === 0 ? 0 : Math.round((1 - (after.idle - before.idle) / total) * 100) / 100,
      loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    };
  };
}

function cpuTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, total };
}
