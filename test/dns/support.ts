// Parts shared by the tests of the DNS server: a small world of zones, POPs and places, and a client that asks the
// pipeline directly and reads every reply twice, with our decoder and with dns-packet as an independent one.

import dnsPacket from 'dns-packet';
import { expect } from 'vitest';
import type { HealthView } from '../../src/dns/health/health-state.ts';
import { handlePacket, type Outcome, type Transport } from '../../src/dns/query-pipeline.ts';
import type { ServerState, SteeringRule } from '../../src/dns/server-state.ts';
import { policyNamed } from '../../src/dns/steering/policies.ts';
import type { GeoLookup } from '../../src/dns/steering/policy.ts';
import { RttTable } from '../../src/dns/steering/rtt-table.ts';
import { typeCode } from '../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../src/dns/wire/name.ts';
import { decodeResponse, encodeQuery, type QueryFields, type Response } from '../../src/dns/wire/query.ts';
import { loadZone } from '../../src/dns/zone/load-zone.ts';
import { addNode, findZone, type Zone } from '../../src/dns/zone/zone.ts';
import { parseAddress } from '../../src/net/ip-address.ts';
import { parsePrefix, prefixContains } from '../../src/net/prefix.ts';

export const NOW_MS = Date.UTC(2026, 0, 1);

export const ZONE = `
$ORIGIN cdn.test.
$TTL 300
@       SOA ns1 hostmaster ( 2026010100 1h 15m 2w 60 )
        NS ns1
        NS ns2.elsewhere.test.
ns1     A 198.51.100.1
        AAAA 2001:db8:a001::1
static  A 192.0.2.10
        A 192.0.2.11
        TXT "one" "two; three"
        MX 10 static
_dns._udp SRV 0 5 53 ns1
alias   CNAME www
alias2  CNAME alias
broken  CNAME nowhere
away    CNAME www.example.org.
loop    CNAME loop-back
loop-back CNAME loop
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 A 192.0.2.99
*.wild  A 192.0.2.20
exact.wild TXT "here"
a.b.ent A 192.0.2.30
sub     NS ns.sub
        NS ns.outside.test.
        DS \\# 4 30390d02
ns.sub  A 192.0.2.53
big     TXT ${Array.from({ length: 8 }, () => `"${'x'.repeat(200)}"`).join(' ')}
`;

export interface World {
  zones?: string[];
  steering?: Record<string, string>;
  /** Prefix to coordinates. */
  places?: Record<string, [latitude: number, longitude: number]>;
  /** Prefix to RTT by POP. */
  rtts?: Record<string, Record<string, number>>;
  rttAgeSeconds?: number;
  down?: string[];
}

export const POPS = [
  pop('pop-fra', 50.11, 8.68, '203.0.113.2', '2001:db8:b000::2'),
  pop('pop-iad', 39.04, -77.49, '203.0.113.18', '2001:db8:b001::2'),
  pop('pop-sin', 1.35, 103.99, '203.0.113.34'),
];

export function worldState(world: World = {}): ServerState {
  const zones = new Map<Name, Zone>();
  for (const text of world.zones ?? [ZONE]) {
    const { zone, problems } = loadZone(text, 'test.zone');
    expect(problems).toEqual([]);
    if (zone) zones.set(zone.origin, zone);
  }
  const rules = world.steering ?? {
    'www.cdn.test': 'nearest',
    '*.nearest.cdn.test': 'nearest',
    'latency.cdn.test': 'latency',
    'anycast.cdn.test': 'anycast',
    'sin.cdn.test': 'pop:pop-sin',
  };
  const steering = new Map<Name, SteeringRule>();
  for (const [text, policyName] of Object.entries(rules)) {
    const owner = parseName(text) as Name;
    const zone = findZone(zones, owner) as Zone;
    addNode(zone.nodes, zone.origin, owner);
    const policy = policyNamed(
      policyName,
      POPS.map((each) => each.name),
    );
    if (!policy) throw new Error(`no policy ${policyName}`);
    steering.set(owner, { owner, policy, policyName, ttlSeconds: 20 });
  }
  const table = rttTable(world.rtts ?? {}, world.rttAgeSeconds ?? 5);
  return {
    zones,
    steering,
    pops: POPS,
    anycast: { ipv4: parseAddress('192.0.2.1'), ipv6: parseAddress('2001:db8:a000::1') },
    nsid: 'pop-fra',
    health: (name) => health(world.down?.includes(name) ? 'down' : 'up'),
    locate: (address) => locate(world.places ?? {}, address),
    rtt: (address) => table.lookup(address, NOW_MS),
  };
}

export function health(state: HealthView['state']): HealthView {
  return { state, sinceMs: NOW_MS, reason: state === 'down' ? 'timeout after 1000 ms' : 'HTTP 200' };
}

export interface AskOptions extends Partial<Omit<QueryFields, 'edns'>> {
  edns?: QueryFields['edns'] | false;
  subnet?: string;
  source?: string;
  transport?: Transport;
}

/** Asks the pipeline; EDNS is used unless `edns: false`. */
export function ask(
  state: ServerState,
  name: string,
  type: string,
  options: AskOptions = {},
): Response & { outcome: Outcome; bytes: Buffer } {
  const { edns, subnet, source = '198.51.100.77', transport = 'udp', ...fields } = options;
  const prefix = subnet === undefined ? undefined : parsePrefix(subnet);
  const packet = encodeQuery({
    id: 4711,
    name,
    type: typeCode(type) as number,
    ...fields,
    ...(edns !== false && {
      edns: {
        ...edns,
        ...(prefix && { clientSubnet: { address: prefix.bytes, prefixLength: prefix.length } }),
      },
    }),
  });
  return send(state, packet, source, transport);
}

export function send(
  state: ServerState,
  packet: Buffer,
  source = '198.51.100.77',
  transport: Transport = 'udp',
): Response & { outcome: Outcome; bytes: Buffer } {
  const handled = handlePacket(state, packet, parseAddress(source) as Uint8Array, transport);
  if (!handled.bytes) throw new Error(`no reply: ${handled.outcome.reason}`);
  const response = decodeResponse(handled.bytes);
  if (!response) throw new Error('our decoder cannot read the reply');
  const oracle = dnsPacket.decode(handled.bytes);
  expect(oracle.answers?.length).toBe(response.answer.length);
  expect(oracle.authorities?.length).toBe(response.authority.length);
  return { ...response, outcome: handled.outcome, bytes: handled.bytes };
}

/** `www.cdn.test. 20 A 203.0.113.2` for each record. */
export function lines(records: Response['answer']): string[] {
  return records.map((record) => `${record.name} ${record.ttlSeconds} ${record.text}`);
}

export function rttTable(rtts: NonNullable<World['rtts']>, ageSeconds: number): RttTable {
  const table = new RttTable();
  for (const each of POPS) {
    const entries = Object.entries(rtts).flatMap(([text, byPop]) => {
      const prefix = parsePrefix(text);
      const rttMs = byPop[each.name];
      if (!prefix || rttMs === undefined) return [];
      return [{ prefix, rttMs, measuredAtMs: NOW_MS - ageSeconds * 1000, samples: 3 }];
    });
    table.setPop(each.name, entries);
  }
  return table;
}

function locate(places: NonNullable<World['places']>, address: Uint8Array): GeoLookup {
  let best: GeoLookup = { location: { precision: 'none', reason: 'no-record' }, prefixLength: 3 };
  for (const [text, [latitude, longitude]] of Object.entries(places)) {
    const prefix = parsePrefix(text);
    if (!prefix || !prefixContains(prefix, address) || prefix.length < (best.prefixLength ?? 0)) continue;
    const coordinates = { latitude, longitude };
    best = {
      location: { precision: 'city', coordinates, city: text, reason: 'city-record' },
      prefixLength: prefix.length,
    };
  }
  return best;
}

function pop(name: string, latitude: number, longitude: number, ipv4: string, ipv6?: string) {
  return {
    name,
    code: name.slice(4),
    latitude,
    longitude,
    ipv4: parseAddress(ipv4),
    ...(ipv6 && { ipv6: parseAddress(ipv6) }),
  };
}
