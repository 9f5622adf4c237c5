// DNS over TLS and over HTTPS against clients that are slow, deaf, gone or speak something else, and against mutated packets in
// sound envelopes. What holds for TCP holds here: others are answered, and nothing grows.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../net/support/free-port.ts';
import { installed, run } from '../support/command.ts';
import { nameBytes, optRecord, rawQuery, readMessage } from '../support/message.ts';
import { createMutator } from '../support/mutate.ts';
import { askUdp, framed } from '../support/raw-socket.ts';
import { brokenRule } from '../support/reply-rules.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';
import { corpus } from './corpus/corpus.ts';

let server: RunningServer;
let ports: { tls: number; https: number };

beforeAll(async () => {
  const files = worldFiles();
  const listen = (port: number) => [{ address: '127.0.0.1', port }];
  ports = { tls: await freePort(), https: await freePort() };
  const identity = { certificate: 'cert.pem', key: 'key.pem' };
  server = await startServer({
    config: worldConfig({
      tls: { listen: listen(ports.tls), ...identity },
      https: { listen: listen(ports.https), ...identity },
      tcp: { idleSeconds: 2, connectionsPerClient: 100 },
    }),
    files,
    prepare: makeCertificate,
  });
});
afterAll(async () => {
  expect((await server.stop()).code).toBe(0);
  expect(server.noise).toEqual([]);
});

function makeCertificate(folder: string): void {
  const argv = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  const names = ['-subj', '/CN=ns1.cdn.test', '-addext', 'subjectAltName=DNS:ns1.cdn.test'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  execFileSync('openssl', [...argv, ...names, ...files], { stdio: 'ignore' });
}

const query = (id: number, name = 'static.cdn.test') =>
  rawQuery({ id, name: nameBytes(name), additional: [optRecord()] });

async function openTls(): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: ports.tls,
    servername: 'ns1.cdn.test',
    ca: readFileSync(join(server.folder, 'cert.pem')),
    ALPNProtocols: ['dot'],
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

async function askTls(packet: Buffer): Promise<Buffer | undefined> {
  const socket = await openTls();
  const reply = new Promise<Buffer | undefined>((resolve) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0))
        resolve(received.subarray(2));
    });
    socket.once('close', () => resolve(undefined));
  });
  socket.write(framed(packet));
  const bytes = await reply;
  socket.destroy();
  return bytes;
}

function openHttps(): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${ports.https}`, {
    servername: 'ns1.cdn.test',
    ca: readFileSync(join(server.folder, 'cert.pem')),
  });
  session.on('error', () => {});
  return session;
}

function post(session: ClientHttp2Session, packet: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = session.request({
      ':method': 'POST',
      ':path': '/dns-query',
      'content-type': 'application/dns-message',
      accept: 'application/dns-message',
    });
    const chunks: Buffer[] = [];
    let status = 0;
    request.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve({ status, body: Buffer.concat(chunks) }));
    request.on('error', reject);
    request.end(packet);
  });
}

async function othersAreAnswered(): Promise<void> {
  expect(readMessage((await askTls(query(7))) as Buffer)).toMatchObject({ id: 7, rcode: 0 });
  const session = openHttps();
  const { status, body } = await post(session, query(0));
  session.destroy();
  expect(status).toBe(200);
  expect(readMessage(body).rcode).toBe(0);
  expect(await askUdp(server, query(1))).toBeDefined();
}

describe.skipIf(!installed('kdig'))('kdig', () => {
  it.each([
    ['over TLS, whose name it checks', ['+tls', '+tls-hostname=ns1.cdn.test'], () => ports.tls],
    ['over HTTPS', ['+https=/dns-query', '+tls-hostname=ns1.cdn.test'], () => ports.https],
    [
      'over HTTPS by GET',
      ['+https=/dns-query', '+https-get', '+tls-hostname=ns1.cdn.test'],
      () => ports.https,
    ],
  ])('is answered %s', async (_sentence, options, port) => {
    const trust = `+tls-ca=${join(server.folder, 'cert.pem')}`;
    const { out, err } = await run('kdig', [
      '@127.0.0.1',
      '-p',
      String(port()),
      trust,
      ...options,
      'static.cdn.test',
      'A',
    ]);
    expect(out + err).toMatch(/NOERROR[\s\S]*192\.0\.2\.10/);
    expect(out + err).not.toMatch(/warning|failed|error:/i);
  });
});

it('answers to mutated packets keep the rules inside TLS', async () => {
  const mutator = createMutator(corpus(), 11);
  const sent = Array.from({ length: 1500 }, () => mutator.next()).filter(
    // What must not be answered ends the connection, as it does over TCP.
    (packet) => packet.length >= 12 && (packet.readUInt8(2) & 0x80) === 0 && !isTransfer(packet),
  );
  const socket = await openTls();
  let received = Buffer.alloc(0);
  const replies: Buffer[] = [];
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      replies.push(Buffer.from(received.subarray(2, end)));
      received = received.subarray(end);
    }
  });
  for (const packet of sent) socket.write(framed(packet));
  await expect.poll(() => replies.length, { timeout: 10_000 }).toBe(sent.length);
  socket.destroy();
  const broken = sent.flatMap((packet, i) => {
    const reply = replies[i] as Buffer;
    const rule = brokenRule(packet, reply, 'tcp');
    return rule ? [`${rule}: ${packet.toString('hex')} ${reply.toString('hex')}`] : [];
  });
  expect(broken.slice(0, 3)).toEqual([]);
});

it('mutated packets in sound HTTPS requests get a DNS message or a status, never a reset', async () => {
  const mutator = createMutator(corpus(), 12);
  const session = openHttps();
  for (let i = 0; i < 400; i++) {
    const packet = mutator.next();
    const { status, body } = await post(session, packet);
    if (status === 200) expect(() => readMessage(body)).not.toThrow();
    else expect([400, 413, 415]).toContain(status);
  }
  session.destroy();
});

it.each([
  ['plain DNS to the TLS port', framed(rawQuery())],
  ['HTTP to the TLS port', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['half a ClientHello', Buffer.from('16030100c8010000c40303', 'hex')],
  ['noise', Buffer.alloc(4000, 0xa5)],
])('%s disturbs nobody, on either port', async (_sentence, bytes) => {
  for (const port of [ports.tls, ports.https]) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(bytes);
    await sleep(20);
    socket.destroy();
  }
  await othersAreAnswered();
});

it('handshakes begun by the hundred and never ended keep nobody out', async () => {
  const hello = Buffer.from('16030100c8010000c40303', 'hex');
  const sockets = Array.from({ length: 200 }, (_, i) => {
    const port = i % 2 ? ports.tls : ports.https;
    const socket = connectTcp({ host: '127.0.0.1', port, localAddress: `127.0.3.${1 + (i % 20)}` });
    socket.on('error', () => {});
    socket.write(hello);
    return socket;
  });
  await sleep(100);
  await othersAreAnswered();
  for (const socket of sockets) socket.destroy();
});

it('a TLS client that asks and never reads costs little, and is gone after the idle time', async () => {
  const before = server.residentMb();
  const socket = await openTls();
  socket.pause();
  const question = framed(rawQuery({ name: nameBytes('big.cdn.test'), type: 16 }));
  const flood = Buffer.concat(Array.from({ length: 3000 }, () => question));
  for (let i = 0; i < 5; i++) socket.write(flood);
  await othersAreAnswered();
  expect(server.residentMb() - before).toBeLessThan(100);
  socket.destroy();
});

function isTransfer(packet: Buffer): boolean {
  return packet.includes(Buffer.from([0, 252])) || packet.includes(Buffer.from([0, 251]));
}
