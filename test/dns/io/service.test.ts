import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import dns2 from 'dns2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { startDnsService } from '../../../src/dns/io/service.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { decodeResponse, encodeQuery, type Response } from '../../../src/dns/wire/query.ts';
import { dig, type Lab, startLab, ZONE } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

const quiet = { info: () => {}, warn: () => {} };

describe('over real sockets', () => {
  it('dig gets answers over UDP and TCP, IPv4 and IPv6', async () => {
    expect(await dig(lab.port, '+short', 'static.cdn.test')).toBe('192.0.2.10');
    expect(await dig(lab.port, '+short', '+tcp', 'static.cdn.test')).toBe('192.0.2.10');
    const port6 = lab.service.listening[1]?.port ?? 0;
    expect(await dig(port6, '@::1', '+short', 'static.cdn.test')).toContain('192.0.2.10');
  });

  it('dig sees NSID, the subnet with its scope, and the steered address', async () => {
    const output = await dig(lab.port, '+nsid', '+subnet=100.64.2.0/24', 'www.cdn.test');
    expect(output).toContain('("pop-fra")');
    expect(output).toContain('CLIENT-SUBNET: 100.64.2.0/24/24');
    expect(output).toMatch(/www\.cdn\.test\.\s+20\s+IN\s+A\s+203\.0\.113\.34/);
    expect(output).not.toContain('WARNING');
  });

  it('dig turns to TCP when an answer is truncated', async () => {
    expect(await dig(lab.port, '+noall', '+comments', '+ignore', 'big.cdn.test', 'TXT')).toMatch(
      /flags: qr aa tc/,
    );
    expect(await dig(lab.port, '+short', 'big.cdn.test', 'TXT')).toContain('x'.repeat(200));
  });

  it('dig`s EDNS oddities are treated as the RFCs say', async () => {
    expect(await dig(lab.port, '+edns=1', '+noednsneg', 'static.cdn.test')).toContain('status: BADVERS');
    expect(await dig(lab.port, '+opcode=UPDATE', 'static.cdn.test')).toContain('status: NOTIMP');
    expect(await dig(lab.port, '+ednsopt=100:ffff', 'static.cdn.test')).toContain('status: NOERROR');
    expect(await dig(lab.port, '+subnet=0', 'www.cdn.test')).toContain('CLIENT-SUBNET: 0.0.0.0/0/0');
    expect(await dig(lab.port, '+header-only')).toContain('status: FORMERR');
  });

  it('dns2`s clients understand it', async () => {
    const udp = dns2.UDPClient({ dns: '127.0.0.1', port: lab.port });
    const tcp = dns2.TCPClient({ dns: '127.0.0.1', port: lab.port });
    for (const ask of [udp, tcp]) {
      const reply = await ask('alias.cdn.test', 'A', 1, { clientIp: '100.64.1.0/24' });
      expect(reply.header).toMatchObject({ qr: 1, aa: 1, ra: 0, rcode: 0 });
      expect(reply.answers.map((each) => ('address' in each ? each.address : undefined))).toEqual([
        undefined,
        '203.0.113.2',
      ]);
    }
  });
});

describe('TCP', () => {
  it('answers many queries on one connection, whatever the pieces they come in', async () => {
    const socket = await open(lab.port);
    const stream = Buffer.concat(Array.from({ length: 100 }, (_, id) => framed(id)));
    for (let at = 0; at < stream.length; at += 61) {
      socket.write(stream.subarray(at, at + 61));
      if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const replies = await readReplies(socket, 100);
    expect(replies.map((reply) => reply?.id)).toEqual(Array.from({ length: 100 }, (_, id) => id));
    expect(replies.every((reply) => reply?.answer[0]?.text === '192.0.2.10')).toBe(true);
    socket.destroy();
  });

  it('ends a connection that sends what must not be answered', async () => {
    const socket = await open(lab.port);
    const response = framed(1);
    response[4] = 0x80;
    socket.write(response);
    await closed(socket);
  });
});

describe('health and RTTs', () => {
  const address = () => dig(lab.port, '+short', '+subnet=100.64.1.0/24', 'www.cdn.test');

  it('moves away from a POP that is sick, and back when it is well', async () => {
    expect(await address()).toBe('203.0.113.2');
    lab.pops.fra.healthy = false;
    await vi.waitFor(async () => expect(await address()).toBe('203.0.113.34'), { timeout: 5000 });
    const state = await getJson(`${lab.admin}/state`);
    expect(state.pops[0]).toMatchObject({ name: 'pop-fra', health: 'down', reason: 'HTTP 503' });
    lab.pops.fra.healthy = true;
    await vi.waitFor(async () => expect(await address()).toBe('203.0.113.2'), { timeout: 5000 });
    expect(lab.logged).toContain('pop-fra is down');
  });

  it('steers by the RTTs that POPs report', async () => {
    const entry = { prefix: '100.64.1.0/24', measuredAt: new Date().toISOString(), samples: 5 };
    lab.pops.fra.rtts = [{ ...entry, rttMs: 80 }];
    lab.pops.sin.rtts = [{ ...entry, rttMs: 20 }];
    const explained = await vi.waitFor(
      async () => {
        const explanation = await getJson(`${lab.admin}/explain?name=x.latency.cdn.test&client=100.64.1.7`);
        expect(explanation.decision.candidates.filter((each: { rttMs?: number }) => each.rttMs)).toHaveLength(
          2,
        );
        return explanation;
      },
      { timeout: 5000 },
    );
    expect(await dig(lab.port, '+short', '+subnet=100.64.1.0/24', 'latency.cdn.test')).toBe('203.0.113.34');
    expect(explained).toMatchObject({
      question: { name: 'x.latency.cdn.test.', type: 'A' },
      client: { network: '100.64.1.0/24', from: 'ecs' },
      reason: 'lowest-rtt-healthy',
      decision: {
        geoip: { prefix: '100.64.1.0/24', location: { city: 'London' } },
        pops: ['pop-sin'],
        candidates: [
          { name: 'pop-sin', rttMs: 20 },
          { name: 'pop-fra', rttMs: 80, passedOver: 'ranked after pop-sin' },
        ],
      },
      ttlSeconds: 20,
      scopePrefixLength: 24,
      answer: ['x.latency.cdn.test. 20 IN A 203.0.113.34'],
    });
  });
});

describe('admin', () => {
  it('counts queries, answers by policy, malformed packets and checks', async () => {
    const text = await (await fetch(`${lab.admin}/metrics`)).text();
    expect(text).toMatch(/dns_queries_total\{type="A",rcode="NOERROR",transport="udp"\} \d+/);
    expect(text).toMatch(
      /dns_steered_answers_total\{policy="nearest",pop="pop-fra",reason="nearest-healthy"\} \d+/,
    );
    expect(text).toMatch(/dns_malformed_total\{reason="response"\} 1/);
    expect(text).toMatch(/dns_health_checks_total\{pop="pop-fra",result="ok"\} \d+/);
    expect(text).toContain('dns_pop_up{pop="pop-fra"} 1');
    expect(text).toContain('dns_internal_errors_total 0');
  });

  it('listens on a Unix socket too', async () => {
    const file = join(lab.folder, 'unix.json');
    const path = join(lab.folder, 'admin.sock');
    const config = { listen: [{ address: '127.0.0.1', port: 0 }], zones: ['cdn.zone'], admin: { path } };
    writeFileSync(file, JSON.stringify(config));
    const service = await startDnsService(file, quiet);
    const status = await new Promise((resolve, reject) => {
      get({ socketPath: path, path: '/healthz' }, (response) => resolve(response.resume().statusCode)).on(
        'error',
        reject,
      );
    });
    expect(status).toBe(200);
    await service.close();
  });

  it('says what is wrong with a question', async () => {
    const status = async (path: string) => (await fetch(`${lab.admin}${path}`)).status;
    expect(await status('/healthz')).toBe(200);
    expect(await status('/explain?name=www.cdn.test')).toBe(400);
    expect(await status('/explain?name=www.cdn.test&client=nobody')).toBe(400);
    expect(await status('/explain?name=www.cdn.test&client=1.2.3.4&type=WHAT')).toBe(400);
    expect(await status('/nothing')).toBe(404);
  });
});

describe('starting and reloading', () => {
  it('a reload takes the new zone, and keeps the old one when the new one is bad', async () => {
    const file = join(lab.folder, 'cdn.zone');
    writeFileSync(file, `${ZONE}fresh A 192.0.2.77\n`);
    await lab.service.reload();
    expect(await dig(lab.port, '+short', 'fresh.cdn.test')).toBe('192.0.2.77');
    writeFileSync(file, 'nonsense');
    await lab.service.reload();
    expect(await dig(lab.port, '+short', 'fresh.cdn.test')).toBe('192.0.2.77');
    expect(lab.logged).toContain('reload refused, what was loaded before stays');
    writeFileSync(file, ZONE);
  });

  it.each<[string, object, RegExp]>([
    ['a zone file that is not there', { zones: ['no.zone'] }, /cannot read no\.zone/],
    ['a GeoIP file that is none', { geoip: 'cdn.zone' }, /cannot read the GeoIP database/],
    [
      'a steered name outside the zones',
      { steering: [{ name: 'www.other.test', policy: 'anycast' }] },
      /in none of the zones/,
    ],
    [
      'a steered name that has addresses',
      { steering: [{ name: 'static.cdn.test', policy: 'anycast' }] },
      /has A records for it/,
    ],
    [
      'the same zone twice',
      { zones: ['cdn.zone', 'cdn.zone'] },
      /the zone cdn\.test\. is in cdn\.zone already/,
    ],
    [
      'an address of somebody else',
      { listen: [{ address: '203.0.113.9', port: 0 }] },
      /cannot listen on udp 203\.0\.113\.9/,
    ],
  ])('refuses %s', async (_sentence, change, message) => {
    const config = {
      listen: [{ address: '127.0.0.1', port: 0 }],
      zones: ['cdn.zone'],
      anycast: { ipv4: '192.0.2.1' },
      ...change,
    };
    const file = join(lab.folder, 'bad.json');
    writeFileSync(file, JSON.stringify(config));
    const error = await startDnsService(file, quiet).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  });

  it('says when the port is taken', async () => {
    const file = join(lab.folder, 'taken.json');
    writeFileSync(
      file,
      JSON.stringify({ listen: [{ address: '127.0.0.1', port: lab.port }], zones: ['cdn.zone'] }),
    );
    await expect(startDnsService(file, quiet)).rejects.toThrow(/another server listens there/);
  });
});

function framed(id: number): Buffer {
  const query = encodeQuery({ id, name: 'static.cdn.test', type: TYPES.A });
  return Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]);
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
}

async function readReplies(socket: Socket, count: number): Promise<(Response | undefined)[]> {
  let bytes = Buffer.alloc(0);
  const replies: (Response | undefined)[] = [];
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const end = 2 + bytes.readUInt16BE(0);
      replies.push(decodeResponse(bytes.subarray(2, end)));
      bytes = bytes.subarray(end);
    }
    if (replies.length >= count) break;
  }
  return replies;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of the admin interface, judged by the expectations
async function getJson(url: string): Promise<any> {
  return (await fetch(url)).json();
}
