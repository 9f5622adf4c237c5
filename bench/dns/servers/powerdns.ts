// PowerDNS Authoritative Server with the geoip backend.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ServerKind } from '../server.ts';
import { NAME, POPS, TTL_SECONDS, ZONE } from '../world.ts';

export const powerdns: ServerKind = {
  name: 'powerdns',
  packages: ['pdns-server', 'pdns-backend-geoip'],
  prepare(folder, { port, threads, database }) {
    mkdirSync(join(folder, 'run'));
    const places = POPS.flatMap((pop, i) =>
      [...pop.continents, ...(i === 0 ? ['unknown'] : [])].map((continent) => [
        `${continent.toLowerCase()}.pop.${ZONE}`,
        [{ a: pop.ipv4 }],
      ]),
    );
    const soa = `ns1.${ZONE} hostmaster.${ZONE} 1 7200 3600 1209600 60`;
    const domain = {
      domain: ZONE,
      ttl: TTL_SECONDS,
      records: {
        [ZONE]: [{ soa }, { ns: `ns1.${ZONE}` }],
        [`ns1.${ZONE}`]: [{ a: '127.0.0.1' }],
        ...Object.fromEntries(places),
      },
      services: { [NAME]: [`%cn.pop.${ZONE}`, `unknown.pop.${ZONE}`] },
    };
    writeFileSync(join(folder, 'zones.yaml'), stringify({ domains: [domain] }));
    const settings = {
      launch: 'geoip',
      daemon: 'no',
      guardian: 'no',
      'local-address': '127.0.0.1',
      'local-port': port,
      'socket-dir': `${folder}/run`,
      'receiver-threads': threads,
      reuseport: 'yes',
      'edns-subnet-processing': 'yes',
      'geoip-database-files': `mmdb:${database}`,
      'geoip-zones-file': `${folder}/zones.yaml`,
      'log-dns-details': 'no',
      loglevel: 3,
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(folder, 'pdns.conf'), lines.join(''));
    return { argv: ['pdns_server', `--config-dir=${folder}`] };
  },
};
