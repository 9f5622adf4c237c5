// gdnsd with plugin_geoip: the server to match (measured fastest and with the best ECS scopes of all).

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';
import { NAME, orderFrom, POPS, staticZone, TTL_SECONDS, ZONE } from '../world.ts';

/** `check`: a TCP port that POPs are checked at, at gdnsd's least interval and thresholds. */
export function gdnsd(check?: { port: number }): ServerKind {
  return {
    name: 'gdnsd',
    packages: ['gdnsd'],
    prepare(folder, { port, threads, database }) {
      mkdirSync(join(folder, 'zones'));
      writeFileSync(join(folder, 'config'), config(folder, port, threads, database, check));
      // MAX/MIN: the TTL follows the health state machine between the two.
      const host = NAME.slice(0, -ZONE.length - 1);
      const zone = `${staticZone()}${host} ${TTL_SECONDS}/5 DYNA geoip!www\n`;
      writeFileSync(join(folder, 'zones', ZONE), zone);
      return { argv: ['gdnsd', '-c', folder, 'start'] };
    },
  };
}

function config(
  folder: string,
  port: number,
  threads: number,
  database: string,
  check: { port: number } | undefined,
): string {
  const rules = POPS.flatMap((pop) =>
    pop.continents.map((continent) => `${continent} => [${orderFrom(pop).join(', ')}]`),
  );
  const addresses = POPS.map((pop) => `${pop.name} => ${pop.ipv4}`).join(', ');
  return `options => {
  listen => "127.0.0.1:${port}", udp_threads => ${threads}, tcp_threads => 1, udp_rcvbuf => 1048576,
  run_dir => "${folder}/run", state_dir => "${folder}/state"
}
${check ? `service_types => { web => { plugin => tcp_connect, port => ${check.port}, interval => 2, timeout => 1, up_thresh => 2, ok_thresh => 2, down_thresh => 2 } }` : ''}
plugins => { geoip => {
  maps => { world => {
    geoip2_db => "${database}", datacenters => [${POPS.map((pop) => pop.name).join(', ')}],
    map => { ${rules.join(', ')} }
  } }
  resources => { www => { map => world, service_types => ${check ? 'web' : 'up'}, dcmap => { ${addresses} } } }
} }
`;
}
