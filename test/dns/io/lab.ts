// A real GeoDNS server on loopback for the io tests: its files in a temporary folder, POPs that are small HTTP servers
// which can be made sick, and dig.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../../../src/dns/io/log.ts';
import { type DnsService, startDnsService } from '../../../src/dns/io/service.ts';
import { buildGeoDatabase } from '../../../src/geoip/build-database.ts';

export const ZONE = `$ORIGIN cdn.test.
$TTL 300
@ SOA ns1 hostmaster 1 3600 900 1209600 60
@ NS ns1
ns1 A 127.0.0.1
static A 192.0.2.10
alias CNAME www
big TXT ${Array.from({ length: 8 }, () => `"${'x'.repeat(200)}"`).join(' ')}
`;

const CITIES = {
  london: { name: 'London', country: 'GB', continent: 'EU', latitude: 51.5, longitude: -0.1 },
  tokyo: { name: 'Tokyo', country: 'JP', continent: 'AS', latitude: 35.7, longitude: 139.7 },
};

export interface FakePop {
  origin: string;
  healthy: boolean;
  rtts: { prefix: string; rttMs: number; measuredAt: string; samples: number }[];
  close(): Promise<void>;
}

export async function startPop(): Promise<FakePop> {
  const server = createServer((request, response) => {
    if (request.url === '/rtt') response.end(JSON.stringify({ pop: 'x', entries: pop.rtts }));
    else response.writeHead(pop.healthy ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const pop: FakePop = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    healthy: true,
    rtts: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return pop;
}

export interface Lab {
  service: DnsService;
  port: number;
  admin: string;
  folder: string;
  pops: { fra: FakePop; sin: FakePop };
  logged: string[];
  close(): Promise<void>;
}

export async function startLab(): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-dns-'));
  const pops = { fra: await startPop(), sin: await startPop() };
  const { bytes } = buildGeoDatabase([
    { prefix: '100.64.1.0/24', city: CITIES.london },
    { prefix: '100.64.2.0/24', city: CITIES.tokyo },
    { prefix: '2001:db8:4001::/48', city: CITIES.london },
  ]);
  writeFileSync(join(folder, 'geoip.mmdb'), bytes);
  writeFileSync(join(folder, 'cdn.zone'), ZONE);
  const urls = (pop: FakePop) => ({ healthUrl: `${pop.origin}/healthz`, rttUrl: `${pop.origin}/rtt` });
  const config = {
    listen: [
      { address: '127.0.0.1', port: 0 },
      { address: '::1', port: 0 },
    ],
    nsid: 'pop-fra',
    zones: ['cdn.zone'],
    geoip: 'geoip.mmdb',
    pops: [
      {
        name: 'pop-fra',
        code: 'fra',
        latitude: 50.1,
        longitude: 8.7,
        ipv4: '203.0.113.2',
        ...urls(pops.fra),
      },
      {
        name: 'pop-sin',
        code: 'sin',
        latitude: 1.4,
        longitude: 104,
        ipv4: '203.0.113.34',
        ...urls(pops.sin),
      },
    ],
    anycast: { ipv4: '192.0.2.1' },
    steering: [
      { name: 'www.cdn.test', policy: 'nearest', ttlSeconds: 20 },
      { name: 'latency.cdn.test', policy: 'latency', ttlSeconds: 20 },
      { name: '*.latency.cdn.test', policy: 'latency', ttlSeconds: 20 },
    ],
    health: { intervalSeconds: 0.05, timeoutSeconds: 1, rise: 2, fall: 3 },
    rttPollSeconds: 0.05,
    sourceAddresses: { ipv4: '127.0.0.1' },
    admin: { address: '127.0.0.1', port: 0 },
  };
  writeFileSync(join(folder, 'dns.json'), JSON.stringify(config));
  const logged: string[] = [];
  const log: Log = { info: (message) => logged.push(message), warn: (message) => logged.push(message) };
  const service = await startDnsService(join(folder, 'dns.json'), log);
  return {
    service,
    port: service.listening[0]?.port ?? 0,
    admin: `http://127.0.0.1:${service.admin?.port}`,
    folder,
    pops,
    logged,
    close: async () => {
      await service.close();
      await Promise.all([pops.fra.close(), pops.sin.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** `dig @127.0.0.1 -p port args…`, its output. */
export async function dig(port: number, ...args: string[]): Promise<string> {
  const argv = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=2', '+norecurse', ...args];
  return (await promisify(execFile)('dig', argv)).stdout.trim();
}
