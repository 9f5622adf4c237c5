// Zone transfers as others take them: dig, kdig, and a real secondary (BIND's named), which after a NOTIFY serves what we
// serve, steered names as for an unknown client.

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNotifySender } from '../../../src/dns/io/notify-sender.ts';
import { errorResolution } from '../../../src/dns/resolve.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { renderBody, writeReply } from '../../../src/dns/wire/encode-reply.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import type { RRset } from '../../../src/dns/wire/record.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { transferMessages } from '../../../src/dns/zone/transfer.ts';
import type { Zone } from '../../../src/dns/zone/zone.ts';
import { freePort } from '../../net/support/free-port.ts';
import { ask, namedIsMissing, startNamed } from './named.ts';

const ORIGIN = parseName('a.test') as Name;

function zoneWith(serial: number): Zone {
  const hosts = Array.from({ length: 1500 }, (_, i) => `host-${i} AAAA 2001:db8::${i.toString(16)}\n`).join(
    '',
  );
  const { zone, problems } = loadZone(
    `$ORIGIN a.test.\n$TTL 300\n@ SOA ns h ${serial} 3600 900 1209600 60\n@ NS ns\nns A 192.0.2.1
@ 60 ALIAS lb.elsewhere.test.\nwww 60/5 STEER prod\n*.www 60/5 STEER prod\nsub NS ns.sub\nns.sub A 192.0.2.2
odd\\.label\\032x TXT "a\\"b" "\\001"\n_sip._tcp SRV 0 5 5060 ns\nsvc HTTPS 1 . alpn="h2,h3"\nca CAA 0 issue "ca.test"
${hosts}`,
    'a.zone',
  );
  expect(problems).toEqual([]);
  return zone as Zone;
}

const sources = {
  rules: new Map(['www.a.test', '*.www.a.test'].map((name) => [parseName(name) as Name, { policy: 'prod' }])),
  steeredForUnknown: (_rule: { policy: string }, type: number) => ({
    addresses: type === TYPES.A ? [Uint8Array.of(192, 0, 2, 80)] : [],
    ttlSeconds: 30,
  }),
  aliasForUnknown: (_owner: Name, _alias: unknown, type: number) => ({
    addresses: type === TYPES.A ? [Uint8Array.of(192, 0, 2, 90)] : [],
    ttlSeconds: 60,
  }),
};

let zone: Zone;
let primary: Primary;
beforeEach(async () => {
  zone = zoneWith(1);
  primary = await startPrimary(() => zone);
});
afterEach(() => primary.close());

it('dig and kdig take the zone and see the same records', async () => {
  const take = async (program: string) => {
    const argv = ['@127.0.0.1', '-p', String(primary.port), 'a.test', 'AXFR'];
    const { stdout } = await promisify(execFile)(program, argv, { timeout: 10_000 });
    return stdout;
  };
  const dug = await take('dig');
  expect(dug).toContain('XFR size: 1516 records');
  expect(dug).toMatch(/^www\.a\.test\.\s+30\s+IN\s+A\s+192\.0\.2\.80$/m);
  expect(dug).toMatch(/^www\.a\.test\.\s+30\s+IN\s+TXT\s+"catchment: steered by prod"$/m);
  expect(dug).toMatch(/^a\.test\.\s+60\s+IN\s+A\s+192\.0\.2\.90$/m);
  expect(dug).toMatch(/^svc\.a\.test\.\s+300\s+IN\s+HTTPS\s+1 \. alpn="h2,h3"$/m);
  const records = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(';'))
      // kdig leaves the class out, and writes what is rare in its own way.
      .map((line) =>
        line
          .replace(/\sIN\s/, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      )
      .map((line) => line.replace('alpn="h2,h3"', 'alpn=h2,h3'))
      .filter((line) => !line.startsWith('odd'));
  expect(records(await take('kdig'))).toEqual(records(dug));
});

describe.skipIf(namedIsMissing())('a secondary', () => {
  it('serves the zone, and the next one as soon as it is notified', async () => {
    const secondary = await startNamed({
      'a.test': {
        statements: `{ type secondary; primaries { 127.0.0.1 port ${primary.port}; }; masterfile-format text; file "a.copy"; };`,
      },
    });
    try {
      const serialServed = async () => {
        const [soa] = (await ask(secondary.port, 'a.test', TYPES.SOA)).answer;
        return soa?.text.split(' ')[2];
      };
      await vi.waitFor(async () => expect(await serialServed()).toBe('1'), { timeout: 10_000, interval: 50 });
      const textsOf = async (name: string, type: number) =>
        (await ask(secondary.port, name, type)).answer.map(({ text }) => text);
      expect(await textsOf('www.a.test', TYPES.A)).toEqual(['192.0.2.80']);
      expect(await textsOf('any.www.a.test', TYPES.TXT)).toEqual(['"catchment: steered by prod"']);
      expect(await textsOf('a.test', TYPES.A)).toEqual(['192.0.2.90']);
      expect(await textsOf('host-1499.a.test', TYPES.AAAA)).toEqual(['2001:db8::5db']);
      expect(await textsOf('odd\\.label\\032x.a.test', TYPES.TXT)).toEqual(['"a\\"b" "\\001"']);
      expect(
        (await ask(secondary.port, 'x.sub.a.test', TYPES.A)).additional.map(({ text }) => text),
      ).toContain('192.0.2.2');

      zone = zoneWith(2);
      const logged: string[] = [];
      const log = {
        info: (message: string) => logged.push(message),
        warn: (message: string) => logged.push(message),
      };
      const sender = createNotifySender({ log });
      sender.zonesLoaded(
        new Map([[ORIGIN, zone]]),
        new Map([[ORIGIN, [{ address: '127.0.0.1', port: secondary.port }]]]),
      );
      await vi.waitFor(async () => expect(await serialServed()).toBe('2'), { timeout: 10_000, interval: 50 });
      expect(logged).toEqual(['notify answered']);
      sender.close();
    } finally {
      await secondary.close();
    }
  });
});

interface Primary {
  port: number;
  close(): Promise<void>;
}

/** Transfers over TCP, and the SOA over UDP, by which a secondary decides whether it needs one. */
async function startPrimary(current: () => Zone): Promise<Primary> {
  const port = await freePort();
  const tcp: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', async (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const query = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + query.length);
        for (const message of transferMessages(query, current(), sources)) {
          const framed = Buffer.alloc(2 + message.length);
          framed.writeUInt16BE(message.length);
          framed.set(message, 2);
          socket.write(framed);
          await delay(0);
        }
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(port, '127.0.0.1', resolve));
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => udp.send(soaReply(query, current()), from.port, from.address));
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  return {
    port,
    close: async () => {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

function soaReply(query: Buffer, zone: Zone): Buffer {
  const reply = { ...errorResolution(0, 'soa'), authoritative: true };
  const soa = zone.nodes.get(ORIGIN)?.rrsets.get(TYPES.SOA) as RRset;
  const body = renderBody(ORIGIN, { ...reply, answer: [{ ...soa, owner: ORIGIN }] });
  const out = Buffer.alloc(1232);
  const questionEnd = 12 + ORIGIN.length + 4;
  const edns = { dnssecOk: false, scopePrefixLength: 0 };
  return out.subarray(0, writeReply(out, query, questionEnd, reply, body, edns, out.length));
}
