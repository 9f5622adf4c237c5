// Time to an answer at a fixed 10 000 queries a second, as dnsperf measures it for each query; the best of many short
// runs, taken in turns: on a shared machine only some are undisturbed.

import { join } from 'node:path';
import { dnsperf, percentile } from '../dnsperf.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';
import { bind } from '../servers/bind.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { bareDgram } from '../servers/node-programs.ts';
import { powerdns } from '../servers/powerdns.ts';
import { CLIENT_CPU, SERVER_CPU } from './cpu.ts';

export const RATE = 10_000;
const SECTION = 'Latency at 10 000 queries a second';
/** Above gdnsd's p99. */
const BAR_US = 100;

export async function latency(bench: Bench): Promise<void> {
  const peers = bench.quick ? [gdnsd()] : [gdnsd(), knot(), bind, powerdns, bareDgram];
  const servers: RunningServer[] = [];
  try {
    for (const kind of [bench.ours({}), ...peers]) servers.push(await bench.start(kind, { cpu: SERVER_CPU }));
    const best = servers.map(() => [Infinity, Infinity, Infinity] as [number, number, number]);
    for (const server of servers) await times(bench, server, 1);
    for (let run = 0; run < (bench.quick ? 6 : 20); run++) {
      for (const [i, server] of servers.entries()) {
        const sorted = await times(bench, server, 1);
        for (const [p, share] of [0.5, 0.99, 0.999].entries()) {
          const row = best[i] as number[];
          row[p] = Math.min(row[p] as number, percentile(sorted, share));
        }
      }
    }
    const gdnsdP99 = best[1]?.[1] ?? Number.NaN;
    for (const [i, server] of servers.entries()) {
      const [p50, p99, p999] = best[i] as [number, number, number];
      bench.record({
        section: SECTION,
        what: `p99, ${server.name}`,
        value: p99,
        unit: 'µs',
        ...(i === 0 && { bar: gdnsdP99 + BAR_US }),
        detail: `p50 ${p50.toFixed(0)}, p99.9 ${p999.toFixed(0)}`,
      });
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Microseconds, sorted. */
export async function times(
  bench: Bench,
  server: RunningServer,
  seconds: number,
  cpu = CLIENT_CPU,
): Promise<Float64Array> {
  const timesFile = join(bench.scratch, 'times');
  const load = { queries: bench.sets.ecs, duration: seconds, rate: RATE, cpu, timesFile };
  return (await dnsperf(server.port, load)).times;
}
