// What clients notice of a reload: times at 10 000 queries a second while SIGHUP reads zones and the GeoIP file again,
// and without, in turns. The processors are shared by client, server and the compiling of tables, as on a small machine.

import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../dnsperf.ts';
import { median } from '../paired.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';
import { staticZone } from '../world.ts';
import { times } from './latency.ts';

const SECTION = 'Reloads at 10 000 queries a second';
const BAR = 2;
const SECONDS = 4;

export async function reload(bench: Bench): Promise<void> {
  for (const [what, database] of [
    ['a zone', 'GeoLite2-Country.mmdb'],
    ['a country database', 'GeoLite2-Country.mmdb'],
    ['a city database', 'GeoLite2-City.mmdb'],
  ] as const) {
    if (bench.quick && database === 'GeoLite2-City.mmdb') continue;
    await bench.with(bench.ours({}), { database }, async (server) => {
      const touch = () => (what === 'a zone' ? changeZone(server) : touchDatabase(server));
      const ratios: number[] = [];
      const quiet: number[] = [];
      const busy: number[] = [];
      await times(bench, server, 1);
      for (let run = 0; run < (bench.quick ? 3 : 5); run++) {
        const without = percentile(await times(bench, server, SECONDS), 0.999);
        const measured = times(bench, server, SECONDS);
        await sleep(1000);
        touch();
        process.kill(server.pid, 'SIGHUP');
        const during = percentile(await measured, 0.999);
        quiet.push(without);
        busy.push(during);
        ratios.push(during / without);
      }
      bench.record({
        section: SECTION,
        what: `p99.9 while ${what} is reloaded`,
        value: median(ratios),
        unit: '× without',
        bar: BAR,
        detail: `${median(busy).toFixed(0)} µs, without ${median(quiet).toFixed(0)}; ratios ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}; log: ${lastLog(server)}`,
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

function lastLog(server: RunningServer): string {
  const line = readFileSync(join(server.folder, 'log'), 'utf8').trim().split('\n').at(-1) ?? '';
  return line.slice(0, 120).replaceAll('|', '/');
}
