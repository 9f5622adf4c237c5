// Parts shared by the tests of the DNS server: a small world of zones, POPs and places, and a client that asks the
// pipeline directly and reads every reply twice, with our decoder and with dns-packet as an independent one.

import dnsPacket from 'dns-packet';
import { expect } from 'vitest';
import { allSteps } from '../../src/base/all-steps.ts';
import { STREAM_REPLY_BYTES, type Transport, UDP_REPLY_BYTES } from '../../src/dns/io/listener.ts';
import { Metrics } from '../../src/dns/metrics.ts';
import { QueryPipeline, tableOfNames } from '../../src/dns/query-pipeline.ts';
import type { ServerData, SteeringRule } from '../../src/dns/server-state.ts';
import { compileSteering } from '../../src/dns/steering/compile.ts';
import { compileRtts } from '../../src/dns/steering/rtt-overlay.ts';
import { RttTable } from '../../src/dns/steering/rtt-table.ts';
import type { PopState } from '../../src/dns/steering/snapshot.ts';
import { Steering } from '../../src/dns/steering/steering.ts';
import { typeCode } from '../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../src/dns/wire/name.ts';
import { decodeResponse, encodeQuery, type QueryFields, type Response } from '../../src/dns/wire/query.ts';
import { loadZone } from '../../src/dns/zone/load-zone.ts';
import { addNode, findZone, type Zone } from '../../src/dns/zone/zone.ts';
import { buildGeoDatabase } from '../../src/geoip/build-database.ts';
import { parseAddress } from '../../src/net/ip-address.ts';
import { parsePrefix } from '../../src/net/prefix.ts';

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

/** A pipeline over such a world, and what it said of the last query. */
export interface TestServer {
  pipeline: QueryPipeline;
  data: ServerData;
  steering: Steering;
  metrics: Metrics;
  last: { reason: string; policy?: string | undefined; pop?: string | undefined } | undefined;
}

export function worldState(world: World = {}, more: Partial<ServerData> = {}): TestServer {
  const zones = new Map<Name, Zone>();
  for (const text of world.zones ?? [ZONE]) {
    const { zone, problems } = loadZone(text, 'test.zone');
    expect(problems).toEqual([]);
    if (zone) zones.set(zone.origin, zone);
  }
  const policies = world.steering ?? {
    'www.cdn.test': 'nearest',
    '*.nearest.cdn.test': 'nearest',
    'latency.cdn.test': 'latency',
    'anycast.cdn.test': 'anycast',
    'sin.cdn.test': 'pop:pop-sin',
  };
  const ttl = { minSeconds: 20, maxSeconds: 20 };
  const rules = Object.entries(policies).map(([name, policy]) => ({ name, policy, ttl }));
  const compiled = compileSteering({
    pops: POPS,
    anycast: {
      ipv4: parseAddress('192.0.2.1') as Uint8Array,
      ipv6: parseAddress('2001:db8:a000::1') as Uint8Array,
    },
    policies: {},
    rules,
    geoip: geoDatabase(world.places ?? {}),
  });
  const steering = new Steering(compiled);
  steering.setSnapshot({
    serial: 1,
    pops: POPS.map(({ name }) => popState(name, world.down?.includes(name) ?? false)),
  });
  const table = rttTable(world.rtts ?? {}, world.rttAgeSeconds ?? 5);
  steering.setRtts(
    compileRtts(
      table,
      POPS.map(({ name }) => name),
      NOW_MS,
    ),
  );
  const ruleMap = new Map<Name, SteeringRule>();
  for (const [index, { name, policy }] of rules.entries()) {
    const owner = parseName(name) as Name;
    const zone = findZone(zones, owner) as Zone;
    addNode(zone.nodes, zone.origin, owner);
    ruleMap.set(owner, { owner, index, policy, ttl, families: steering.families(index) });
  }
  const data: ServerData = {
    zones,
    rules: ruleMap,
    steering: compiled,
    transferPeers: new Map(),
    nsid: 'pop-fra',
    version: '',
    cookieSecrets: [],
    ...more,
  };
  const metrics = new Metrics();
  const server: TestServer = {
    pipeline: new QueryPipeline({
      data,
      names: allSteps(tableOfNames(zones)),
      steering,
      metrics,
      clock: { monotonicMs: () => 0, epochSeconds: () => NOW_MS / 1000 },
      queryLog: {
        every: 1,
        add: (entry) => {
          server.last = entry;
        },
      },
      onInternalError: (error) => {
        throw error;
      },
    }),
    data,
    steering,
    metrics,
    last: undefined,
  };
  return server;
}

export function popState(pop: string, down: boolean): PopState {
  return {
    pop,
    health: down ? 'down' : 'up',
    usable: !down,
    sinceMs: NOW_MS,
    reason: down ? 'timeout after 1000 ms' : 'HTTP 200',
    secondsToChange: 3,
    shedFraction: 0,
  };
}

/** A database in which each prefix is a city of its own. */
function geoDatabase(places: NonNullable<World['places']>): Uint8Array {
  const entries = Object.entries(places).map(([prefix, [latitude, longitude]]) => ({
    prefix,
    city: { name: prefix, country: 'XX', continent: 'XX', latitude, longitude },
  }));
  return buildGeoDatabase(entries).bytes;
}

export interface AskOptions extends Partial<Omit<QueryFields, 'edns'>> {
  edns?: QueryFields['edns'] | false;
  subnet?: string;
  source?: string;
  transport?: Transport;
}

/** Asks the pipeline; EDNS is used unless `edns: false`. */
export function ask(server: TestServer, name: string, type: string, options: AskOptions = {}): Answered {
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
  return send(server, packet, source, transport);
}

export type Answered = Response & { outcome: NonNullable<TestServer['last']>; bytes: Buffer };

export function send(
  server: TestServer,
  packet: Buffer,
  source = '198.51.100.77',
  transport: Transport = 'udp',
): Answered {
  const bytes = handle(server, packet, source, transport);
  if (!bytes) throw new Error('no reply');
  const response = decodeResponse(bytes);
  if (!response) throw new Error('our decoder cannot read the reply');
  const oracle = dnsPacket.decode(bytes);
  expect(oracle.answers?.length).toBe(response.answer.length);
  expect(oracle.authorities?.length).toBe(response.authority.length);
  return { ...response, outcome: server.last as NonNullable<TestServer['last']>, bytes };
}

/** The reply's bytes; undefined when there is none. */
export function handle(
  server: TestServer,
  packet: Buffer,
  source = '198.51.100.77',
  transport: Transport = 'udp',
): Buffer | undefined {
  server.last = undefined;
  const out = Buffer.alloc(transport === 'udp' ? UDP_REPLY_BYTES : STREAM_REPLY_BYTES);
  const length = server.pipeline.handle(
    packet,
    packet.length,
    parseAddress(source) as Uint8Array,
    transport,
    out,
  );
  return length > 0 ? out.subarray(0, length) : undefined;
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

function pop(name: string, latitude: number, longitude: number, ipv4: string, ipv6?: string) {
  return {
    name,
    code: name.slice(4),
    latitude,
    longitude,
    ipv4: parseAddress(ipv4) as Uint8Array,
    ...(ipv6 && { ipv6: parseAddress(ipv6) as Uint8Array }),
  };
}
