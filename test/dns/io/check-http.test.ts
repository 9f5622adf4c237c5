import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseStatuses } from '../../../src/dns/health/expectation.ts';
import { bodyMatcher } from '../../../src/dns/io/body-matcher.ts';
import { checkHttp, type HttpTarget } from '../../../src/dns/io/check-http.ts';
import { checkTcp } from '../../../src/dns/io/check-tcp.ts';
import { answering, type Endpoint, endpoint, httpReply, until } from './health-parts.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(handler: (socket: Socket) => void): Promise<Endpoint> {
  const server = await endpoint(handler);
  closing.push(server.close);
  return server;
}

function target(port: number, more: Partial<HttpTarget> & { status?: string | number } = {}): HttpTarget {
  const { status = 200, ...rest } = more;
  return {
    url: `http://127.0.0.1:${port}/`,
    timeoutMs: 2000,
    sourceAddresses: {},
    expected: { statuses: parseStatuses(status) ?? [] },
    ...rest,
  };
}

describe('a TCP check', () => {
  const tcp = (port: number, timeoutMs = 2000) =>
    checkTcp({ address: '127.0.0.1', port, timeoutMs, sourceAddresses: {} });

  it('is good when a connection is made, and leaves none behind', async () => {
    const server = await serve(() => undefined);
    expect(await tcp(server.port)).toEqual({ ok: true, reason: `TCP ${server.port} connected` });
    await until(() => server.open() === 0);
  });

  it('says that a port refuses', async () => {
    const server = await serve(() => undefined);
    await server.close();
    expect(await tcp(server.port)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    const address = { address: '127.0.0.1', port: 9, timeoutMs: 60_000, sourceAddresses: {} };
    expect(await checkTcp(address, stop.signal)).toEqual({ ok: false, reason: 'stopped' });
  });

  it('comes from the configured address', async () => {
    let from: string | undefined;
    const server = await serve((socket) => {
      from = socket.remoteAddress;
    });
    const sourceAddresses = { ipv4: '127.0.0.77', ipv6: '::1' };
    await checkTcp({ address: '127.0.0.1', port: server.port, timeoutMs: 2000, sourceAddresses });
    await until(() => from !== undefined);
    expect(from).toBe('127.0.0.77');
  });
});

describe('an HTTP check', () => {
  it.each([
    ['the status wished for', httpReply(204), '2xx', { ok: true, reason: 'HTTP 204' }],
    ['a wrong status', httpReply(503), '2xx', { ok: false, reason: 'HTTP 503' }],
    [
      'a redirect is not followed',
      httpReply(302, '', 'location: http://127.0.0.1:1/\r\n'),
      200,
      { ok: false, reason: 'HTTP 302' },
    ],
    [
      'a reply that is cut off',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf',
      200,
      { ok: false, reason: 'connection closed before the reply ended' },
    ],
    [
      'a switch of protocols',
      'HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      200,
      { ok: false },
    ],
    ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 200, { ok: false }],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, 200, { ok: false }],
    ['nothing at all', '', 200, { ok: false, reason: 'socket hang up' }],
  ])('%s', async (_sentence, reply, status, verdict) => {
    const server = await serve(answering(reply));
    expect(await checkHttp(target(server.port, { status }))).toMatchObject(verdict);
    await until(() => server.open() === 0);
  });

  it.each([
    ['an endpoint that accepts and says nothing', () => undefined],
    ['one that trickles its headers', (socket: Socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nx-', 'x')],
    [
      'one that trickles its body',
      (socket: Socket) => trickle(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', 'x'),
    ],
    [
      'one that goes on being provisional',
      (socket: Socket) => trickle(socket, '', 'HTTP/1.1 103 Early\r\n\r\n'),
    ],
  ])('one deadline for all of it: %s', async (_sentence, handler) => {
    const server = await serve(handler);
    const result = await checkHttp(target(server.port, { timeoutMs: 150 }));
    expect(result).toEqual({ ok: false, reason: 'timeout after 150 ms' });
    await until(() => server.open() === 0);
  });

  it('reads no more than it needs of an endless body', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nfine');
      const flood = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536, 'x')));
      };
      socket.on('drain', flood);
      flood();
    });
    const body = bodyMatcher('fine');
    expect(await checkHttp(target(server.port, { expected: { statuses: [[200, 200]], body } }))).toEqual({
      ok: true,
      reason: 'HTTP 200',
    });
    await until(() => server.open() === 0);
  });

  it.each([
    ['a text', 'all is well', { ok: true, reason: 'HTTP 200' }],
    ['a pattern', { regexp: '^all\\s+IS', flags: 'i' }, { ok: true, reason: 'HTTP 200' }],
    ['a text that is not there', 'ill', { ok: false, reason: 'HTTP 200, but the body has no "ill"' }],
    [
      'a pattern that is not there',
      { regexp: '^is', flags: '' },
      { ok: false, reason: 'HTTP 200, but the body has no /^is/' },
    ],
  ])('looks for %s in the body', async (_sentence, wanted, verdict) => {
    const server = await serve(answering(httpReply(200, 'all is well')));
    const expected = { statuses: [[200, 200]] as const, body: bodyMatcher(wanted) };
    expect(await checkHttp(target(server.port, { expected }))).toEqual(verdict);
  });

  it('a body made to keep the pattern busy for ever is a failed check', async () => {
    const server = await serve(answering(httpReply(200, `${'a'.repeat(5000)}!`)));
    const expected = { statuses: [[200, 200]] as const, body: bodyMatcher({ regexp: '^(a+)+$', flags: '' }) };
    expect(await checkHttp(target(server.port, { expected }))).toEqual({
      ok: false,
      reason: 'HTTP 200, but /^(a+)+$/ took over 50 ms on its body',
    });
  });

  it('asks for the host and path, on its own connection, and says that it closes', async () => {
    const requests: string[] = [];
    const server = await serve((socket) =>
      socket.once('data', (data) => {
        requests.push(data.toString());
        socket.end(httpReply(200));
      }),
    );
    const url = `http://127.0.0.1:${server.port}/health?deep=1`;
    await checkHttp(target(server.port, { url, host: 'www.cdn.test' }));
    await checkHttp(target(server.port, { url, host: 'www.cdn.test' }));
    expect(requests).toHaveLength(2);
    expect(requests[0]).toMatch(/^GET \/health\?deep=1 HTTP\/1\.1\r\n/);
    expect(requests[0]?.toLowerCase()).toContain('host: www.cdn.test\r\n');
    expect(requests[0]?.toLowerCase()).toContain('connection: close\r\n');
  });

  it('takes a URL with a name, and says when there is no such name', async () => {
    const server = await serve(answering(httpReply(200)));
    const url = `http://localhost:${server.port}/`;
    expect(await checkHttp(target(server.port, { url }))).toEqual({ ok: true, reason: 'HTTP 200' });
    const nowhere = await checkHttp(target(0, { url: 'http://nowhere.invalid/', timeoutMs: 300 }));
    expect(nowhere.ok).toBe(false);
  });

  it('a stopped check closes its connection', async () => {
    const server = await serve(() => undefined);
    const stop = new AbortController();
    const result = checkHttp(target(server.port, { timeoutMs: 60_000 }), stop.signal);
    await until(() => server.open() === 1);
    stop.abort();
    expect(await result).toEqual({ ok: false, reason: 'stopped' });
    await until(() => server.open() === 0);
  });
});

describe('an HTTPS check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-https-'));
  let port = 0;
  let ca = '';
  const names: unknown[] = [];
  let server: ReturnType<typeof createTlsServer>;

  beforeAll(async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=www.cdn.test -addext subjectAltName=DNS:www.cdn.test';
    execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
    ca = readFileSync(certificate, 'utf8');
    server = createTlsServer({ key: readFileSync(key), cert: ca }, (socket: TLSSocket) => {
      names.push(socket.servername);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(httpReply(200, 'ok')));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const https = (tls: HttpTarget['tls'], host?: string) =>
    checkHttp(target(port, { url: `https://127.0.0.1:${port}/`, tls, ...(host && { host }) }));

  it('a certificate nobody trusts is a failed check', async () => {
    expect(await https({ verify: true }, 'www.cdn.test')).toEqual({
      ok: false,
      reason: 'self-signed certificate',
    });
  });

  it('it is good with its CA, asked for by name in the handshake', async () => {
    names.length = 0;
    expect(await https({ verify: true, ca }, 'www.cdn.test')).toEqual({ ok: true, reason: 'HTTP 200' });
    expect(names).toEqual(['www.cdn.test']);
  });

  it('another name than the certificate has is a failed check', async () => {
    const result = await https({ verify: true, ca }, 'other.cdn.test');
    expect(result.ok).toBe(false);
    expect(result.reason).toContain("does not match certificate's altnames");
    expect((await https({ verify: true, ca })).ok).toBe(false);
  });

  it('is good whatever the certificate when it is not verified', async () => {
    expect(await https({ verify: false })).toEqual({ ok: true, reason: 'HTTP 200' });
  });

  it('a port that speaks no TLS is a failed check, also when it says nothing', async () => {
    const plain = await serve(answering(httpReply(200)));
    const url = `https://127.0.0.1:${plain.port}/`;
    expect(await checkHttp(target(plain.port, { url }))).toEqual({
      ok: false,
      reason: 'TLS: wrong version number',
    });
    const silent = await serve(() => undefined);
    const slow = target(silent.port, { url: `https://127.0.0.1:${silent.port}/`, timeoutMs: 150 });
    expect(await checkHttp(slow)).toEqual({ ok: false, reason: 'timeout after 150 ms' });
    await until(() => silent.open() === 0);
  });
});

/** Sends a piece every 20 ms for as long as the connection is open. */
function trickle(socket: Socket, start: string, piece: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(piece), 20);
  socket.on('close', () => clearInterval(timer));
}
