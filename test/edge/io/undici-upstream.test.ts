// What an origin may do on the wire, byte by byte, and what the edge makes of it.

import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createUndiciUpstream } from '../../../src/edge/io/undici-upstream.ts';
import type { Upstream } from '../../../src/edge/upstream.ts';
import { ask, startRawServer } from '../upstream/raw-server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function connect(
  port: number,
  overrides: Partial<{ headersTimeoutMs: number; bodyTimeoutMs: number }> = {},
): Upstream {
  const upstream = createUndiciUpstream({
    origin: {
      address: '127.0.0.1',
      port,
      connectTimeoutMs: 1000,
      headersTimeoutMs: 2000,
      bodyTimeoutMs: 2000,
      connections: 8,
      ...overrides,
    },
  });
  closers.push(() => upstream.close());
  return upstream;
}

async function serving(onRequest: (socket: Socket, head: string, number: number) => void) {
  const server = await startRawServer(onRequest);
  closers.push(() => server.close());
  return server;
}

/** Until the pool counts its connections as free again. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 20));

const answering = (bytes: string, end = false) =>
  serving((socket) => (end ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1')));

describe('framing', () => {
  it.each<[string, string, boolean, object]>([
    [
      'a whole body',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      false,
      { status: 200, body: 'hello', failure: undefined },
    ],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
      false,
      { body: 'hello', failure: undefined },
    ],
    ['a body up to the close', 'HTTP/1.1 200 OK\r\n\r\nhello', true, { body: 'hello', failure: undefined }],
    [
      'a body cut short',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello',
      true,
      { status: 200, failure: { status: 502 } },
    ],
    [
      'chunks cut short',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello',
      true,
      { status: 200, failure: { status: 502 } },
    ],
    [
      'chunks without the last',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      true,
      { status: 200, failure: { status: 502 } },
    ],
    [
      'a chunk that is no number',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
      false,
      { status: 200, failure: { error: 'http_protocol_error' } },
    ],
    [
      'a chunk longer than it says',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n',
      false,
      { status: 200, failure: { error: 'http_protocol_error' } },
    ],
    [
      'no HTTP at all',
      'SSH-2.0-OpenSSH_9.2\r\n',
      false,
      { status: undefined, failure: { error: 'http_protocol_error' } },
    ],
    [
      'two different lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
      false,
      { status: undefined, failure: { status: 502 } },
    ],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      false,
      { status: undefined, failure: { status: 502 } },
    ],
    [
      'a line end inside a field',
      'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n',
      false,
      { status: undefined, failure: { status: 502 } },
    ],
    ['nothing', '', true, { status: undefined, failure: { error: 'connection_terminated' } }],
    ['a 204', 'HTTP/1.1 204 No Content\r\n\r\n', false, { status: 204, body: '', failure: undefined }],
  ])('%s', async (_, bytes, end, expected) => {
    const { port } = await answering(bytes, end);
    expect(await ask(connect(port))).toMatchObject(expected);
  });

  it('a HEAD has no body whatever its length says, and what follows is not its body', async () => {
    const { port } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra');
    const upstream = connect(port);
    expect(await ask(upstream, { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      failure: undefined,
    });
  });

  it('a body longer than announced never becomes part of this answer or the next', async () => {
    const extra = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
    const server = await serving((socket, _, number) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell${number}${extra}`),
    );
    const upstream = connect(server.port);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(upstream)));
    outcomes.push(await ask(upstream));
    for (const { body, failure } of outcomes) expect(failure ? '' : body).toMatch(/^(hell1)?$/);
  });
});

describe('interim responses', () => {
  it('hands on 103 with its fields, before the head', async () => {
    const { port } = await answering(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n' +
        'HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    const outcome = await ask(connect(port));
    expect(outcome.events).toEqual(['interim', 'interim', 'head', 'end']);
    expect(outcome.interim).toEqual([
      { status: 103, fields: ['Link', '</a.css>; rel=preload'] },
      { status: 103, fields: ['Link', '</b.css>; rel=preload'] },
    ]);
    expect(outcome.fields).toEqual(['Content-Length', '2']);
  });
});

describe('connections', () => {
  const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

  it('one that the origin closed while idle costs nobody an error: sent again on a fresh one', async () => {
    const server = await serving((socket, _, number) =>
      number === 1 ? socket.write(hello) : socket.resetAndDestroy(),
    );
    const upstream = connect(server.port);
    for (let i = 0; i < 5; i++) {
      expect((await ask(upstream)).body).toBe('hello');
      await idle();
    }
    // Several stale ones at once: a second pooled connection would be as dead as the first.
    await Promise.all(Array.from({ length: 4 }, () => ask(upstream)));
    await idle();
    for (const { body } of await Promise.all(Array.from({ length: 4 }, () => ask(upstream))))
      expect(body).toBe('hello');
  });

  it('a reset on a new connection is no such race: not sent again', async () => {
    const server = await serving((socket) => socket.resetAndDestroy());
    expect((await ask(connect(server.port))).failure?.error).toBe('connection_terminated');
    expect(server.heads.length).toBe(1);
  });

  it.each(['POST', 'PATCH'])('%s is never sent again', async (method) => {
    const server = await serving((socket, _, number) =>
      number === 1 ? socket.write(hello) : socket.resetAndDestroy(),
    );
    const upstream = connect(server.port);
    await ask(upstream);
    await idle();
    expect((await ask(upstream, { method })).failure?.error).toBe('connection_terminated');
    expect(server.heads.length).toBe(2);
  });

  it('nobody there is connection_refused', async () => {
    const server = await startRawServer(() => {});
    await server.close();
    expect((await ask(connect(server.port))).failure).toMatchObject({
      status: 502,
      error: 'connection_refused',
    });
  });
});

describe('patience', () => {
  it('an origin that hangs, or drips its head byte by byte, is 504 in time', async () => {
    const hanging = await serving(() => {});
    const dripping = await serving((socket) => {
      const timer = setInterval(() => socket.write('H'), 50);
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      socket.on('close', () => clearInterval(timer));
    });
    for (const { port } of [hanging, dripping])
      expect((await ask(connect(port, { headersTimeoutMs: 500 }))).failure).toMatchObject({
        status: 504,
        error: 'http_response_timeout',
      });
  });

  it('one that stops in its body fails after the head', async () => {
    const { port } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello');
    const outcome = await ask(connect(port, { bodyTimeoutMs: 300 }));
    expect(outcome).toMatchObject({ status: 200, failure: { status: 504, error: 'http_response_timeout' } });
    expect(outcome.events).toEqual(['head', 'failure']);
  });

  it('an abort is followed by its failure and closes the connection', async () => {
    let closed = false;
    const { port } = await serving((socket) => socket.on('close', () => (closed = true)));
    const outcome = await ask(connect(port), {}, (exchange) => setTimeout(() => exchange.abort(), 50));
    expect(outcome.events).toEqual(['failure']);
    await expect.poll(() => closed).toBe(true);
    expect((await ask(connect(port), {}, (exchange) => exchange.abort())).events).toEqual(['failure']);
  });
});

describe('bodies both ways', () => {
  it('stream a request and its answer', async () => {
    const server = createServer((request, response) => request.pipe(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const body = new PassThrough();
    const outcome = ask(connect((server.address() as AddressInfo).port), { method: 'POST', body });
    for (let i = 0; i < 10; i++) body.write('x'.repeat(10_000));
    body.end();
    expect((await outcome).body.length).toBe(100_000);
  });

  it('a client that breaks off its request is its own fault, and the origin is told', async () => {
    let closed = false;
    const { port } = await serving((socket) => socket.on('close', () => (closed = true)));
    const body = new PassThrough();
    const outcome = ask(connect(port), { method: 'POST', body });
    body.write('half');
    setTimeout(() => body.destroy(new Error('aborted')), 50);
    expect((await outcome).failure).toMatchObject({ status: 400, error: 'http_request_error' });
    await expect.poll(() => closed).toBe(true);
  });

  it('do not run ahead of a reader that pauses', async () => {
    let sent = 0;
    const piece = Buffer.alloc(65_536, 'x');
    const total = 64 * 1024 * 1024;
    const { port } = await serving((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const pump = () => {
        while (sent < total) {
          sent += piece.length;
          if (!socket.write(piece)) return void socket.once('drain', pump);
        }
      };
      pump();
    });
    const upstream = connect(port);
    let received = 0;
    await new Promise<void>((resolve, reject) => {
      const exchange = upstream.send(
        { method: 'GET', pathAndQuery: '/', fields: ['Host', 'o'] },
        {
          onHead: () => exchange.pause(),
          onData: (chunk) => {
            received += chunk.length;
          },
          onEnd: resolve,
          onFailure: (failure) => reject(new Error(failure.detail)),
        },
      );
      setTimeout(() => {
        // Socket buffers of both sides and what was already read, far from the whole.
        expect(sent).toBeLessThan(total / 2);
        expect(received).toBeLessThan(1024 * 1024);
        exchange.resume();
      }, 300);
    });
    expect(received).toBe(total);
  });
});
