// What clients notice of a reload: times at 10 000 queries a second while SIGHUP reads zones and the GeoIP file again,
// and without, in turns, the best of several runs of each. The processors are shared by client, server and the compiling of
// tables, as on a small machine.

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
/** One reload falls into so much time. */
const SECONDS = 3;

export async function reload(bench: Bench): Promise<void> {
  const runs = bench.quick ? 3 : 5;
  for (const [what, database] of [
    ['a zone', 'GeoLite2-Country.mmdb'],
    ['a country database', 'GeoLite2-Country.mmdb'],
    ['a city database', 'GeoLite2-City.mmdb'],
  ] as const) {
    if (bench.quick && database === 'GeoLite2-City.mmdb') continue;
    await bench.with(bench.ours({}), { database }, async (server) => {
      const touch = () => (what === 'a zone' ? changeZone(server) : touchDatabase(server));
      const quiet: number[] = [];
      const busy: number[] = [];
      await times(bench, server, 1);
      for (let run = 0; run < runs; run++) {
        const without = percentile(await times(bench, server, SECONDS), 0.999);
        const measured = times(bench, server, SECONDS);
        await sleep(500);
        touch();
        process.kill(server.pid, 'SIGHUP');
        const during = percentile(await measured, 0.999);
        quiet.push(without);
        busy.push(during);
      }
      bench.record({
        section: SECTION,
        what: `p99.9 while ${what} is reloaded`,
        value: Math.min(...busy) / Math.min(...quiet),
        unit: '× without',
        bar: BAR,
        detail: `best of ${runs}; µs ${list(busy)}, without ${list(quiet)}`,
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

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(' ');
}
