// BIND with a view per continent. It parses client subnets but steers by the address a query came from, so its answers
// to this bench's queries are all the same.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';
import { NAME, POPS, staticZone, TTL_SECONDS, ZONE } from '../world.ts';

export const bind: ServerKind = {
  name: 'bind',
  packages: ['bind9'],
  prepare(folder, { port, threads, database }) {
    mkdirSync(join(folder, 'geoip'));
    // BIND knows databases by their file names.
    copyFileSync(database, join(folder, 'geoip', 'GeoLite2-Country.mmdb'));
    const host = NAME.slice(0, -ZONE.length - 1);
    const view = (name: string, match: string, ipv4: string) => {
      writeFileSync(join(folder, `zone-${name}`), `${staticZone()}${host} ${TTL_SECONDS} A ${ipv4}\n`);
      return `view "${name}" { match-clients { ${match} }; zone "${ZONE}" { type primary; file "${folder}/zone-${name}"; }; };\n`;
    };
    const views = POPS.map((pop) =>
      view(pop.name, pop.continents.map((code) => `geoip continent ${code};`).join(' '), pop.ipv4),
    );
    const file = join(folder, 'named.conf');
    writeFileSync(
      file,
      `options {
  directory "${folder}"; geoip-directory "${folder}/geoip"; pid-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; notify no; querylog no;
  minimal-responses yes;
};
controls { };
${views.join('')}${view('everybody', 'any;', POPS[0]?.ipv4 ?? '')}`,
    );
    return { argv: ['named', '-g', '-c', file, '-n', String(threads)] };
  },
};
