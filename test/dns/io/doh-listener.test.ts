import { execFile } from 'node:child_process';
import { request as requestHttp } from 'node:http';
import { promisify } from 'node:util';
import { decode, encode } from 'dns-packet';
import dns2 from 'dns2';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { clientAddress } from '../../../src/dns/io/doh-client.ts';
import { leastTtl } from '../../../src/dns/io/doh-least-ttl.ts';
import { listenDoh } from '../../../src/dns/io/doh-listener.ts';
import { readCertificate } from '../../../src/dns/io/dot-certificate.ts';
import type { SecureListener } from '../../../src/dns/io/dot-listener.ts';
import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { DEFAULT_TCP, httpsSchema } from '../../../src/dns/listen-config.ts';
import { formatAddress, parseAddress } from '../../../src/net/ip-address.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { certificateFolder } from './dot-certificates.ts';
import { addressesOf, queryBytes } from './udp-asking.ts';
import { oneRecordHandler } from './worker-program.ts';

const run = promisify(execFile);
const MESSAGE = 'application/dns-message';
let certificates: ReturnType<typeof certificateFolder>;
beforeAll(() => {
  certificates = certificateFolder();
});
afterAll(() => certificates.remove());

const sources: string[] = [];
let server: (SecureListener & { table: ConnectionTable }) | undefined;
afterEach(async () => {
  sources.length = 0;
  await server?.close();
  await server?.table.close(0);
});

async function start(secure: boolean, trust: string[] = []) {
  const handler = oneRecordHandler(() => [192, 0, 2, 1]);
  const table = new ConnectionTable(DEFAULT_TCP);
  const files = { certificate: 'cert.pem', key: 'key.pem' };
  const options = {
    path: '/dns-query',
    trusted: trust.flatMap((text) => parsePrefix(text) ?? []),
    certificate: secure ? readCertificate(files, certificates.folder) : undefined,
  };
  const listener = await listenDoh(
    { address: '127.0.0.1', port: 0 },
    options,
    {
      ...handler,
      handle: (packet, length, source, transport, out) => {
        sources.push(`${transport} ${formatAddress(source)}`);
        return handler.handle(packet, length, source, transport, out);
      },
    },
    table,
  );
  server = { ...listener, table };
  return server;
}

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** Over plain HTTP. */
function ask(port: number, { method = 'GET', path = '/dns-query', headers = {}, body }: Asked) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers, agent: false };
      const outgoing = requestHttp(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    },
  );
}

const QUERY = queryBytes('www.example.test', 0);
const PARAMETER = QUERY.toString('base64url');

test('GET and POST give the same reply, with the lifetime of its records', async () => {
  const { port } = await start(false);
  const got = await ask(port, { path: `/dns-query?dns=${PARAMETER}` });
  const posted = await ask(port, { method: 'POST', headers: { 'content-type': MESSAGE }, body: QUERY });
  for (const { status, headers, body } of [got, posted]) {
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': MESSAGE, 'cache-control': 'private, max-age=60' });
    expect(addressesOf(body)).toEqual(['192.0.2.1']);
  }
  expect(sources).toEqual(['doh 127.0.0.1', 'doh 127.0.0.1']);
});

const refusals: [string, number, Asked][] = [
  ['another path', 404, { path: `/other?dns=${PARAMETER}` }],
  ['another method', 405, { method: 'PUT', body: QUERY }],
  ['no parameter', 400, {}],
  ['an empty parameter', 400, { path: '/dns-query?dns=' }],
  ['padding', 400, { path: `/dns-query?dns=${PARAMETER}==` }],
  ['base64 that is not url-safe', 400, { path: '/dns-query?dns=AA%2BA' }],
  ['base64url of an impossible length', 400, { path: '/dns-query?dns=AAAAA' }],
  ['what is no DNS query', 400, { path: '/dns-query?dns=AAAA' }],
  ['another media type', 415, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: QUERY }],
  ['no media type', 415, { method: 'POST', body: QUERY }],
  ['an empty body', 400, { method: 'POST', headers: { 'content-type': MESSAGE } }],
  [
    'a body that is too long',
    413,
    { method: 'POST', headers: { 'content-type': MESSAGE }, body: Buffer.alloc(70_000) },
  ],
];
for (const [what, status, asked] of refusals)
  test(`${what} is refused with ${status}`, async () => {
    const { port } = await start(false);
    expect((await ask(port, asked)).status).toBe(status);
  });

test('the client of a trusted proxy is who X-Forwarded-For says; of others it is the peer', async () => {
  const headers = { 'x-forwarded-for': '10.1.1.1, 198.51.100.9' };
  const path = `/dns-query?dns=${PARAMETER}`;
  const trusting = await start(false, ['127.0.0.0/8']);
  await ask(trusting.port, { path, headers });
  await trusting.close();
  await trusting.table.close(0);
  const { port } = await start(false);
  await ask(port, { path, headers });
  expect(sources).toEqual(['doh 198.51.100.9', 'doh 127.0.0.1']);
});

test('only what trusted proxies have appended is believed', () => {
  const trusted = ['10.0.0.0/8', '2001:db8::/32'].flatMap((text) => parsePrefix(text) ?? []);
  const client = (peer: string, header?: string) =>
    formatAddress(clientAddress(parseAddress(peer) as Uint8Array, header, trusted));
  expect(client('10.0.0.1')).toBe('10.0.0.1');
  expect(client('192.0.2.1', '198.51.100.1')).toBe('192.0.2.1');
  expect(client('10.0.0.1', '203.0.113.5, 198.51.100.1, 10.0.0.2')).toBe('198.51.100.1');
  expect(client('2001:db8::1', 'nonsense, 2001:db8::2')).toBe('2001:db8::2');
  expect(client('10.0.0.1', '')).toBe('10.0.0.1');
});

for (const version of ['--http2', '--http1.1'])
  test(`curl ${version} asks over TLS`, async () => {
    const { port } = await start(true);
    const { stdout } = await run('curl', [
      '-sk',
      version,
      '-w',
      '%{http_version} %{http_code}',
      '-o',
      '/dev/null',
      `https://127.0.0.1:${port}/dns-query?dns=${PARAMETER}`,
    ]);
    expect(stdout).toBe(version === '--http2' ? '2 200' : '1.1 200');
    expect(sources).toEqual(['doh 127.0.0.1']);
  });

for (const method of ['+https', '+https-get'])
  test(`kdig ${method} asks over HTTP/2`, async () => {
    const { port } = await start(true);
    const { stdout } = await run('kdig', [
      '@127.0.0.1',
      '-p',
      String(port),
      method,
      '+short',
      '+timeout=5',
      'a.test',
    ]);
    expect(stdout.trim()).toBe('192.0.2.1');
  });

test('dns2 asks over HTTP', async () => {
  const { port } = await start(false);
  const resolve = dns2.DOHClient({ dns: `http://127.0.0.1:${port}/dns-query` });
  expect((await resolve('a.test', 'A')).answers).toMatchObject([{ address: '192.0.2.1', ttl: 60 }]);
});

test('the lifetime is the least of the answers, of negative ones what the SOA says', () => {
  const a = (ttl: number) => ({ type: 'A' as const, name: 'a.test', ttl, data: '192.0.2.1' });
  const soa = {
    type: 'SOA' as const,
    name: 'test',
    ttl: 300,
    data: { mname: 'ns.test', rname: 'h.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 45 },
  };
  const questions = [{ type: 'A' as const, name: 'a.test' }];
  const response = { type: 'response' as const, id: 0, questions };
  const ttlOf = (parts: object, rcode = 0) => leastTtl(encode({ ...response, flags: rcode, ...parts }));
  expect(ttlOf({ answers: [a(60), a(20), a(90)] })).toBe(20);
  expect(ttlOf({ answers: [a(0)] })).toBe(0);
  expect(ttlOf({ answers: [a(60)], authorities: [soa] })).toBe(60);
  expect(ttlOf({ authorities: [soa] }, 3)).toBe(45);
  expect(ttlOf({})).toBe(0);
  expect(ttlOf({ answers: [a(60)] }, 2)).toBe(0);
});

test('no bytes upset the lifetime', () => {
  const whole = encode({
    type: 'response',
    id: 0,
    questions: [{ type: 'A', name: 'a.test' }],
    answers: [{ type: 'A', name: 'a.test', ttl: 5, data: '192.0.2.1' }],
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(whole.length), (bytes, place) => {
      for (const reply of [Buffer.from(bytes), whole.subarray(0, place)])
        expect(leastTtl(reply)).toBeGreaterThanOrEqual(0);
    }),
  );
  expect(decode(whole).answers).toHaveLength(1);
});

test('plain HTTP is for loopback only, and a certificate has a key', () => {
  const listen = (address: string) => ({ listen: [{ address, port: 443 }] });
  expect(httpsSchema.safeParse(listen('127.0.0.1')).success).toBe(true);
  expect(httpsSchema.safeParse(listen('0.0.0.0')).success).toBe(false);
  expect(httpsSchema.safeParse({ ...listen('0.0.0.0'), certificate: 'c', key: 'k' }).success).toBe(true);
  expect(httpsSchema.safeParse({ ...listen('127.0.0.1'), certificate: 'c' }).success).toBe(false);
});
