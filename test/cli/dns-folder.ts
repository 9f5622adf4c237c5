// A GeoDNS configuration with its files in a folder of its own, for the tests of `./lab dns` and `./lab catchment --config`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGeoDatabase } from '../../src/geoip/build-database.ts';

const CITIES = {
  london: { name: 'London', country: 'GB', continent: 'EU', latitude: 51.5, longitude: -0.1 },
  tokyo: { name: 'Tokyo', country: 'JP', continent: 'AS', latitude: 35.7, longitude: 139.7 },
};

export const ZONE = `$ORIGIN cdn.test.
$TTL 300
@ SOA ns1 hostmaster 1 3600 900 1209600 60
@ NS ns1
ns1 A 127.0.0.1
static A 192.0.2.10
`;

export const CONFIG = {
  listen: [{ address: '127.0.0.1', port: 0 }],
  zones: ['cdn.zone'],
  geoip: 'geoip.mmdb',
  overrides: 'overrides.txt',
  pops: [
    {
      name: 'pop-fra',
      code: 'fra',
      latitude: 50.1,
      longitude: 8.7,
      ipv4: '203.0.113.2',
      ipv6: '2001:db8::2',
    },
    { name: 'pop-sin', code: 'sin', latitude: 1.4, longitude: 104, ipv4: '203.0.113.3', ipv6: '2001:db8::3' },
  ],
  steering: [{ name: 'www.cdn.test', policy: 'nearest', ttlSeconds: 20 }],
};

export interface Folder {
  path: string;
  /** Writes a file into it and gives its path. */
  write(name: string, content: string | object, mode?: number): string;
  remove(): void;
}

/** With the zone and a GeoIP file in it. */
export function dnsFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'catchment-cli-dns-'));
  const write = (name: string, content: string | object, mode = 0o644) => {
    const file = join(path, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
    return file;
  };
  const { bytes } = buildGeoDatabase([
    { prefix: '100.64.1.0/24', city: CITIES.london },
    { prefix: '100.64.2.0/24', city: CITIES.tokyo },
    { prefix: '100.64.4.0/22', city: CITIES.tokyo },
  ]);
  writeFileSync(join(path, 'geoip.mmdb'), bytes);
  write('cdn.zone', ZONE);
  return { path, write, remove: () => rmSync(path, { recursive: true }) };
}
