import { execFile } from 'node:child_process';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import dns2 from 'dns2';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { readCertificate } from '../../../src/dns/io/dot-certificate.ts';
import { listenDot, type SecureListener } from '../../../src/dns/io/dot-listener.ts';
import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { DEFAULT_TCP, type TcpConfig } from '../../../src/dns/listen-config.ts';
import { certificateFolder, makeCertificate } from './dot-certificates.ts';
import { addressesOf, framed, queryBytes, StreamClient } from './udp-asking.ts';
import { oneRecordHandler } from './worker-program.ts';

const run = promisify(execFile);
const FILES = { certificate: 'cert.pem', key: 'key.pem' };
let certificates: ReturnType<typeof certificateFolder>;
beforeAll(() => {
  certificates = certificateFolder();
});
afterAll(() => certificates.remove());

let server: (SecureListener & { table: ConnectionTable }) | undefined;
const clients: TLSSocket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server?.close();
  await server?.table.close(0);
});

async function start(bounds: Partial<TcpConfig> = {}) {
  const table = new ConnectionTable({ ...DEFAULT_TCP, ...bounds });
  const certificate = readCertificate(FILES, certificates.folder);
  const handler = oneRecordHandler(() => [192, 0, 2, 1]);
  server = { ...(await listenDot({ address: '127.0.0.1', port: 0 }, certificate, handler, table)), table };
  return server;
}

/** With a session of an earlier connection it is resumed. */
async function open(port: number, session?: Buffer) {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, session });
  clients.push(socket);
  let ticket: Buffer | undefined;
  socket.on('session', (given) => {
    ticket = given;
  });
  const client = new StreamClient(socket);
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return { socket, client, ticket: () => ticket };
}

test('queries on one connection are answered in order', async () => {
  const { port } = await start();
  const { client, socket } = await open(port);
  socket.write(framed(...[1, 2, 3].map((id) => queryBytes(`n${id}.test`, id))));
  const replies = await client.until(3);
  expect(replies.map((reply) => reply.readUInt16BE(0))).toEqual([1, 2, 3]);
  expect(addressesOf(replies[0] as Buffer)).toEqual(['192.0.2.1']);
});

test('kdig asks over TLS', async () => {
  const { port } = await start();
  const { stdout } = await run('kdig', [
    '@127.0.0.1',
    '-p',
    String(port),
    '+tls',
    '+short',
    '+timeout=5',
    'a.test',
  ]);
  expect(stdout.trim()).toBe('192.0.2.1');
});

test('dns2 asks over TLS', async () => {
  const { port } = await start();
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const resolve = dns2.TCPClient({ dns: '127.0.0.1', protocol: 'tls:', port });
  expect((await resolve('a.test', 'A')).answers).toMatchObject([{ address: '192.0.2.1' }]);
  vi.unstubAllEnvs();
});

test('a client comes back without a full handshake, also after the certificate has changed', async () => {
  const { port, useCertificate } = await start();
  const first = await open(port);
  await first.client.ask(queryBytes('a.test'));
  expect(first.socket.isSessionReused()).toBe(false);
  makeCertificate(certificates.folder, 'new.test');
  useCertificate(readCertificate(FILES, certificates.folder));
  const second = await open(port, first.ticket());
  expect(second.socket.isSessionReused()).toBe(true);
  expect(await second.client.ask(queryBytes('a.test'))).toBeDefined();
});

test('new connections get a new certificate, old ones go on', async () => {
  const { port, useCertificate } = await start();
  const first = await open(port);
  makeCertificate(certificates.folder, 'other.test');
  useCertificate(readCertificate(FILES, certificates.folder));
  const second = await open(port);
  expect(second.socket.getPeerCertificate().subject.CN).toBe('other.test');
  expect(await first.client.ask(queryBytes('a.test'))).toBeDefined();
});

test('a client that never begins the handshake has a place in the bounds, and loses it', async () => {
  const { port, table } = await start({ connectionsPerClient: 1, idleSeconds: 0.2 });
  const silent = new StreamClient(connectTcp(port, '127.0.0.1'));
  await new Promise((resolve) => silent.socket.once('connect', resolve));
  await expect(open(port)).rejects.toThrow();
  await silent.closed;
  expect(table.counts).toMatchObject({ idle: 1, refused: 1 });
  const { client } = await open(port);
  expect(await client.ask(queryBytes('a.test'))).toBeDefined();
});

test('bytes that are no TLS cost nobody else anything', async () => {
  const { port, table } = await start();
  const garbage = new StreamClient(connectTcp(port, '127.0.0.1'));
  garbage.socket.write(framed(queryBytes('a.test')));
  await garbage.closed;
  const { client } = await open(port);
  expect(await client.ask(queryBytes('a.test'))).toBeDefined();
  expect(table.size).toBe(1);
});

test('a certificate that is not there, or not of the key, is told', () => {
  expect(() => readCertificate({ certificate: 'none.pem', key: 'key.pem' }, certificates.folder)).toThrow(
    /none\.pem: cannot read the certificate/,
  );
  const other = certificateFolder();
  expect(() =>
    readCertificate({ certificate: 'cert.pem', key: `${other.folder}/key.pem` }, certificates.folder),
  ).toThrow(/certificate and key cannot be used/);
  other.remove();
});

test('the end closes quiet connections', async () => {
  const { port, close, table } = await start();
  const { client } = await open(port);
  await client.ask(queryBytes('a.test'));
  await close();
  await table.close();
  await client.closed;
});
