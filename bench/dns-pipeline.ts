// Cost of one query in the pipeline, without sockets: decode, steer, encode. `node bench/dns-pipeline.ts`.
// For the whole server: dnsperf against `node src/dns/main.ts` (see the anchors of the GeoDNS issue).

import { handlePacket } from '../src/dns/query-pipeline.ts';
import type { ServerState, SteeringRule } from '../src/dns/server-state.ts';
import { policyNamed } from '../src/dns/steering/policies.ts';
import type { SteeringPop } from '../src/dns/steering/policy.ts';
import { RttTable } from '../src/dns/steering/rtt-table.ts';
import { TYPES } from '../src/dns/wire/constants.ts';
import { type Name, parseName } from '../src/dns/wire/name.ts';
import { encodeQuery } from '../src/dns/wire/query.ts';
import { loadZone } from '../src/dns/zone/load-zone.ts';
import { addNode } from '../src/dns/zone/zone.ts';

const ROUNDS = 300_000;

const { zone } = loadZone(
  '$ORIGIN cdn.test.\n$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\nstatic A 192.0.2.2\n',
  'x',
);
if (!zone) throw new Error('the zone is good');
const pops: SteeringPop[] = Array.from({ length: 6 }, (_, i) => ({
  name: `pop-${i}`,
  code: String(i),
  latitude: 10 * i - 30,
  longitude: 50 * i - 150,
  ipv4: Uint8Array.of(203, 0, 113, 16 * i + 2),
}));
const steering = new Map<Name, SteeringRule>();
for (const policyName of ['nearest', 'latency', 'anycast']) {
  const owner = parseName(`${policyName}.cdn.test`) as Name;
  const policy = policyNamed(policyName, []);
  if (!policy) throw new Error(policyName);
  addNode(zone.nodes, zone.origin, owner);
  steering.set(owner, { owner, policy, policyName, ttlSeconds: 20 });
}
const table = new RttTable();
for (const [i, pop] of pops.entries()) {
  const entries = Array.from({ length: 16 }, (_, n) => ({
    prefix: { bytes: Uint8Array.of(100, 64, n, 0), length: 24 },
    rttMs: 10 + ((i * 7 + n * 3) % 50),
    measuredAtMs: 0,
    samples: 3,
  }));
  table.setPop(pop.name, entries);
}
const state: ServerState = {
  zones: new Map([[zone.origin, zone]]),
  steering,
  pops,
  anycast: { ipv4: Uint8Array.of(192, 0, 2, 1) },
  nsid: 'bench',
  health: () => ({ state: 'up', sinceMs: 0, reason: 'HTTP 200' }),
  locate: () => ({
    location: { precision: 'city', coordinates: { latitude: 51, longitude: 0 }, reason: 'city-record' },
    prefixLength: 24,
  }),
  rtt: (address) => table.lookup(address, 1000),
};

const source = Uint8Array.of(198, 51, 100, 7);
for (const name of ['static', 'anycast', 'nearest', 'latency']) {
  const packets = Array.from({ length: 16 }, (_, n) => {
    const clientSubnet = { address: Uint8Array.of(100, 64, n, 0), prefixLength: 24 };
    return encodeQuery({ id: n, name: `${name}.cdn.test`, type: TYPES.A, edns: { clientSubnet } });
  });
  for (let i = 0; i < ROUNDS / 10; i++) handlePacket(state, packets[i & 15] as Buffer, source, 'udp');
  const started = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i++) handlePacket(state, packets[i & 15] as Buffer, source, 'udp');
  const { user, system } = process.cpuUsage(started);
  console.log(`${name.padEnd(8)} ${((user + system) / ROUNDS).toFixed(2)} µs of CPU a query`);
}
