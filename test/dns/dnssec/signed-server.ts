// A small real server of signed zones on loopback: the zones and the signer without the rest of the service, so that
// validators that know nothing of this code can judge the signatures. Four zones from a root of its own: a signed one, a
// signed and an unsigned child, and a signed zone that an alias leads into.

import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnlineSigner } from '../../../src/dns/dnssec/online-signer.ts';
import type { SigningSettings } from '../../../src/dns/dnssec/signing-data.ts';
import { dnskeyRdata, dsRdata, type ZoneKey } from '../../../src/dns/dnssec/zone-key.ts';
import { generateKey } from '../../../src/dns/io/dnssec-keys.ts';
import { planAnswer } from '../../../src/dns/plan.ts';
import { resolvePlan } from '../../../src/dns/resolve.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { decodeQuery, Query } from '../../../src/dns/wire/decode-query.ts';
import { type Reply, renderBody, writeReply } from '../../../src/dns/wire/encode-reply.ts';
import { type Name, parseName, readName } from '../../../src/dns/wire/name.ts';
import { formatRdata } from '../../../src/dns/wire/rdata.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { findZone, type Zone } from '../../../src/dns/zone/zone.ts';

export const SETTINGS: SigningSettings = {
  signatureValidityDays: 7,
  dnskeyTtlSeconds: 3600,
  publishCds: true,
  cachedSignatures: 1000,
};

export interface SignedServer {
  port: number;
  folder: string;
  zones: Map<Name, Zone>;
  keys: Map<Name, ZoneKey[]>;
  signer: OnlineSigner;
  /** The root's key, as delv's `-a` and unbound's `trust-anchor-file` want it. */
  delvAnchors: string;
  unboundAnchors: string;
  /** Added to the clock that signatures are made by. */
  clockOffsetSeconds: number;
  /** Called with each signed reply; what it returns is sent. */
  tamper: (reply: Reply) => Reply;
  /** Signs with `keys` as they are now, as after a reload. */
  rekey(): void;
  close(): Promise<void>;
}

const soa = (ns: string) => `@ SOA ${ns} admin.test. 1 7200 900 1209600 60\n@ NS ${ns}\n`;

function zoneTexts(ds: (zone: string) => string): string[] {
  return [
    `$ORIGIN .\n$TTL 300\n${soa('ns.cdn.test.')}cdn.test. NS ns.cdn.test.\n${ds('cdn.test.')}other.test. NS ns.cdn.test.\n${ds('other.test.')}ns.cdn.test. A 127.0.0.1\n`,
    `$ORIGIN cdn.test.\n$TTL 300\n${soa('ns')}ns A 127.0.0.1
static A 192.0.2.10
 A 192.0.2.9
 A 192.0.2.11
 TXT "one" "two"
 MX 10 static
 HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.10
alias CNAME static
across CNAME www.other.test.
toplain CNAME www.plain
nowhere CNAME nope.other.test.
*.wild A 192.0.2.20
*.wild TXT "any"
deep.ent A 192.0.2.30
geo TXT "steered by the test"
signed NS ns.signed
${ds('signed.cdn.test.')}ns.signed A 127.0.0.1
plain NS ns.plain
ns.plain A 127.0.0.1
`,
    `$ORIGIN signed.cdn.test.\n$TTL 300\n${soa('ns')}ns A 127.0.0.1\nwww A 192.0.2.40\n`,
    `$ORIGIN plain.cdn.test.\n$TTL 300\n${soa('ns')}ns A 127.0.0.1\nwww A 192.0.2.50\n`,
    `$ORIGIN other.test.\n$TTL 300\n${soa('ns.cdn.test.')}www A 192.0.2.60\n`,
  ];
}

/** Keys: a KSK and a ZSK for cdn.test, one key (a CSK) for each other signed zone. */
export async function startSignedServer(): Promise<SignedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-dnssec-'));
  const now = Math.floor(Date.now() / 1000);
  const timing = { publish: now - 86400, activate: now - 86400 };
  const keys = new Map<Name, ZoneKey[]>();
  for (const zone of ['.', 'cdn.test.', 'signed.cdn.test.', 'other.test.']) {
    const name = parseName(zone) as Name;
    const roles = zone === 'cdn.test.' ? (['ksk', 'zsk'] as const) : (['csk'] as const);
    keys.set(
      name,
      roles.map((role) => generateKey(folder, name, role, now, timing).key),
    );
  }
  const keyOf = (zone: string) => keys.get(parseName(zone) as Name)?.[0] as ZoneKey;
  const ds = (zone: string) => `${zone} DS ${formatRdata(TYPES.DS, { parts: [dsRdata(keyOf(zone))] })}\n`;
  const zones = new Map<Name, Zone>();
  for (const text of zoneTexts(ds)) {
    const { zone, problems } = loadZone(text, 'test.zone');
    if (!zone) throw new Error(JSON.stringify(problems));
    zones.set(zone.origin, zone);
  }
  const root = formatRdata(TYPES.DNSKEY, { parts: [dnskeyRdata(keyOf('.'))] });
  const delvAnchors = join(folder, 'anchors.conf');
  writeFileSync(delvAnchors, `trust-anchors { . static-key ${root.replace(/(\S+)$/, '"$1"')}; };\n`);
  const unboundAnchors = join(folder, 'root.key');
  writeFileSync(unboundAnchors, `. IN DNSKEY ${root}\n`);
  const makeSigner = () =>
    new OnlineSigner(keys, { ...SETTINGS, zoneOf: (name, type) => findZone(zones, name, type) });
  const server: SignedServer = {
    port: 0,
    folder,
    zones,
    keys,
    signer: makeSigner(),
    delvAnchors,
    unboundAnchors,
    clockOffsetSeconds: 0,
    tamper: (reply) => reply,
    rekey: () => {
      server.signer = makeSigner();
    },
    close: async () => {},
  };
  const listening = await listen(server);
  server.port = listening.port;
  server.close = async () => {
    await listening.close();
    rmSync(folder, { recursive: true });
  };
  return server;
}

const query = new Query();

/** The steered name: another address for each client subnet, with a TTL below the one it is signed with. */
function steered(owner: Name, subnet: Uint8Array | undefined): Reply['answer'][number] {
  const address = Uint8Array.of(203, 0, 113, subnet?.[2] ?? 1);
  const fields = { owner, type: TYPES.A, ttlSeconds: 20, originalTtlSeconds: 60 };
  return { ...fields, rdata: [{ parts: [address] }] };
}

export function answerPacket(server: SignedServer, packet: Buffer): Buffer {
  if (decodeQuery(packet, packet.length, query) !== 'query') return Buffer.alloc(0);
  const nowSeconds = Math.floor(Date.now() / 1000) + server.clockOffsetSeconds;
  const name = readName(packet, 12)?.name as Name;
  const { type } = query;
  const { zones, signer } = server;
  const sources = {
    zones,
    rules: new Map(),
    apexRecords: (zone: Zone, apexType: number) => signer.apexRRset(zone, apexType, nowSeconds),
  };
  const zone = findZone(zones, name, type) as Zone;
  const plan = planAnswer(sources, { name, type }, zone);
  let reply: Reply = resolvePlan(zones, plan, type, () => undefined);
  const { ending } = plan;
  const isGeo = plan.owner === parseName('geo.cdn.test.');
  if (isGeo && type === TYPES.A) {
    const subnet = query.edns.hasClientSubnet ? query.edns.clientSubnet.address : undefined;
    reply = { ...reply, answer: [steered(plan.owner, subnet)], authority: [] };
  }
  const dnssecOk = query.hasEdns && query.edns.dnssecOk;
  if (dnssecOk) {
    const steeredTypes = isGeo ? [TYPES.A] : [];
    reply = signer.secure(
      reply,
      {
        zone: plan.zone,
        name,
        type,
        compactOk: query.edns.compactOk,
        ...(ending.kind === 'nxdomain' && { denied: { kind: 'nxdomain', name: plan.owner, types: [] } }),
        ...(ending.kind === 'nodata' &&
          !(isGeo && type === TYPES.A) && {
            denied: { kind: 'nodata', name: plan.owner, types: [...ending.types, ...steeredTypes] },
          }),
        ...(ending.kind === 'referral' && { cut: ending.cut }),
      },
      nowSeconds,
    );
    reply = server.tamper(reply);
  }
  const out = Buffer.alloc(65535);
  const edns = query.hasEdns ? { dnssecOk, scopePrefixLength: 24 } : undefined;
  const limit = 65535;
  return out.subarray(
    0,
    writeReply(out, packet, query.questionEnd, reply, renderBody(name, reply), edns, limit),
  );
}

async function listen(server: SignedServer): Promise<{ port: number; close: () => Promise<void> }> {
  const udp = createSocket('udp4');
  const tcp = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const reply = answerPacket(server, received.subarray(2, end));
        socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length]), reply]));
        received = received.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as { port: number };
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  udp.on('message', (packet, from) => {
    udp.send(answerPacket(server, packet), from.port, from.address);
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        udp.close(() => tcp.close(() => resolve()));
      }),
  };
}
