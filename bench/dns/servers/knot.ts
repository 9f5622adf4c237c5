// Knot DNS with mod-geoip.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';
import { NAME, POPS, staticZone, TTL_SECONDS, ZONE } from '../world.ts';

/** `signed`: the zone and every answer by place are signed when loaded. */
export function knot({ signed }: { signed: boolean } = { signed: false }): ServerKind {
  return {
    name: signed ? 'knot signed' : 'knot',
    packages: ['knot', 'knot-module-geoip'],
    prepare(folder, { port, threads, database }) {
      for (const name of ['run', 'db']) mkdirSync(join(folder, name));
      const [fallback] = POPS;
      const host = NAME.slice(0, -ZONE.length - 1);
      writeFileSync(join(folder, 'zone'), `${staticZone()}${host} ${TTL_SECONDS} A ${fallback?.ipv4}\n`);
      const rules = POPS.flatMap((pop) =>
        pop.continents.map((continent) => `  - geo: "${continent}"\n    A: ${pop.ipv4}\n`),
      );
      writeFileSync(join(folder, 'geo.conf'), `${NAME}:\n${rules.join('')}`);
      const file = join(folder, 'knot.conf');
      writeFileSync(file, config(folder, port, threads, database, signed));
      return { argv: ['knotd', '-c', file] };
    },
  };
}

function config(folder: string, port: number, threads: number, database: string, signed: boolean): string {
  return `server:
  listen: 127.0.0.1@${port}
  rundir: ${folder}/run
  udp-workers: ${threads}
  tcp-workers: 1
  background-workers: 1
  edns-client-subnet: on
log:
  - target: stdout
    any: warning
database:
  storage: ${folder}/db
mod-geoip:
  - id: world
    config-file: ${folder}/geo.conf
    ttl: ${TTL_SECONDS}
    mode: geodb
    geodb-file: ${database}
    geodb-key: continent/code
zone:
  - domain: ${ZONE}
    file: ${folder}/zone
    zonefile-sync: -1
    dnssec-signing: ${signed ? 'on' : 'off'}
    module: mod-geoip/world
`;
}
