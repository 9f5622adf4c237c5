// What clients notice of a reload: times at 10 000 queries a second while SIGHUP reads zones and the GeoIP file again,
// and without, in turns; the percentile is that of all runs of a kind together. The processors are shared by client, server
// and the compiling of tables, as on a small machine.

import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../dnsperf.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';
import { staticZone } from '../world.ts';
import { times } from './latency.ts';

const SECTION = 'Reloads at 10 000 queries a second';
const BAR = 2;
const SHARE = 0.999;
/** One reload falls into so much time. */
const SECONDS = 3;

export async function reload(bench: Bench): Promise<void> {
  const runs = bench.quick ? 3 : 8;
  for (const [what, database] of [
    ['a zone', 'GeoLite2-Country.mmdb'],
    ['a country database', 'GeoLite2-Country.mmdb'],
    ['a city database', 'GeoLite2-City.mmdb'],
  ] as const) {
    if (bench.quick && database === 'GeoLite2-City.mmdb') continue;
    await bench.with(bench.ours({}), { database }, async (server) => {
      const touch = () => (what === 'a zone' ? changeZone(server) : touchDatabase(server));
      const quiet: Float64Array[] = [];
      const busy: Float64Array[] = [];
      await times(bench, server, 1);
      for (let run = 0; run < runs; run++) {
        quiet.push(await times(bench, server, SECONDS));
        const measured = times(bench, server, SECONDS);
        await sleep(500);
        touch();
        process.kill(server.pid, 'SIGHUP');
        busy.push(await measured);
      }
      bench.record({
        section: SECTION,
        what: `p99.9 while ${what} is reloaded`,
        value: together(busy) / together(quiet),
        unit: '× without',
        bar: BAR,
        detail: `µs of all runs ${together(busy).toFixed(0)}, without ${together(quiet).toFixed(0)}; of each ${list(busy)}, without ${list(quiet)}`,
      });
    });
  }
}

function changeZone(server: RunningServer): void {
  const serial = Math.floor(performance.now());
  writeFileSync(join(server.folder, 'zone'), staticZone().replace('hostmaster 1 ', `hostmaster ${serial} `));
}

/** As after a download: a new time of change. */
function touchDatabase(server: RunningServer): void {
  const { geoip } = JSON.parse(readFileSync(join(server.folder, 'dns.json'), 'utf8')) as { geoip: string };
  utimesSync(geoip, new Date(), new Date());
}

function together(runs: readonly Float64Array[]): number {
  return percentile(Float64Array.from(runs.flatMap((times) => [...times])).sort(), SHARE);
}

function list(runs: readonly Float64Array[]): string {
  return runs.map((times) => percentile(times, SHARE).toFixed(0)).join(' ');
}
