// The server on the wire: order of answers, bodies both ways, versions, half-closed and vanishing clients.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/edge/edge-request.ts';
import { echo, type Front, readerOf, startFront, statuses, streamed, text } from './http-listener-support.ts';

const H = 'Host: a.test\r\n';
const CLOSE = 'Connection: close\r\n';
const get = (path: string, lines = '') => `GET ${path} HTTP/1.1\r\n${H}${lines}\r\n`;

let front: Front;
afterEach(() => front.close());

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('pipelined requests', () => {
  it('are answered in their order, whether the answer comes at once, later or in pieces', async () => {
    front = await startFront(async (request) => {
      if (request.pathAndQuery.includes('slow')) await later();
      if (request.pathAndQuery.includes('stream')) return streamed(readerOf([request.pathAndQuery]));
      return echo(request);
    });
    const paths = ['/slow1', '/fast2', '/stream3', '/slow4', '/post', '/slow-stream5', '/fast6'];
    const requests = paths.map((path, i) =>
      path === '/post'
        ? `POST /post HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc`
        : get(path, i === paths.length - 1 ? CLOSE : ''),
    );
    const reply = await front.send(requests.join(''));
    const places = paths.map((path) => reply.indexOf(path));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(front.log.map(({ pathAndQuery }) => pathAndQuery)).toEqual(paths);
  });

  it('give the same answers however they are cut', async () => {
    front = await startFront(echo);
    const stream = `${get('/1')}POST /2 HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${get('/3', CLOSE)}`;
    const whole = (await front.send(stream)).replaceAll(/Date: .*/g, '');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b)];
        const pieces = places.map((at, i) => stream.slice(at, places[i + 1] ?? stream.length));
        const reply = await front.send(...pieces.filter((piece) => piece !== ''));
        expect(reply.replaceAll(/Date: .*/g, '')).toBe(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('wait while their client reads nothing', async () => {
    const big = Buffer.alloc(200_000);
    front = await startFront(() => ({ ...text(''), body: { kind: 'chunks', chunks: [big] } }));
    const { socket, closed } = front.connect();
    socket.pause();
    socket.write(get('/').repeat(2000));
    // Grows to what the system's buffers take and then no further.
    let before = -1;
    await expect
      .poll(
        () => {
          const settled = front.reached.length > 2 && front.reached.length === before;
          before = front.reached.length;
          return settled;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(front.reached.length).toBeLessThan(200);
    socket.destroy();
    await closed;
  });
});

describe('a hit', () => {
  it('is rendered once a second, and each client gets what is true now', async () => {
    const stored = {};
    const hit = text('body');
    let rendered = 0;
    let ttl = 60;
    front = await startFront(
      () =>
        ({
          ...hit,
          get fields() {
            rendered++;
            return ['Age', String(60 - ttl)];
          },
          cacheStatus: { hit: true, ttl },
          stored,
        }) as unknown as Answer,
    );
    const client = front.connect();
    client.socket.write(get('/').repeat(50));
    await client.until((text) => statuses(text).length === 50 && text.endsWith('body'));
    const before = rendered;
    ttl = 59;
    client.socket.write(get('/', CLOSE));
    await client.closed;
    expect(client.text()).toContain('Age: 1\r\n');
    expect(client.text()).toContain('catchment-fra; hit; ttl=59');
    expect(statuses(client.text()).length).toBe(51);
    expect(before).toBeLessThan(25);
    expect(front.metrics.requests.hit).toBe(51);
    expect(front.metrics.responseBytes.hit).toBe(51 * 4);
  });

  it.each([100, 20_000, 300_000, 2_000_000])(
    'of %d bytes arrives whole, and so does a range of it',
    async (size) => {
      const chunks = [Buffer.alloc(size / 2, 'a'), Buffer.alloc(size / 2, 'b')];
      const stored = {};
      const body = { kind: 'chunks', chunks } as const;
      front = await startFront(({ pathAndQuery }) => {
        const whole = { ...text(''), body, stored, cacheStatus: { hit: true, ttl: 1 } } as unknown as Answer;
        return pathAndQuery === '/'
          ? whole
          : { ...whole, status: 206, slice: { first: size / 2 - 5, length: 10 } };
      });
      const reply = await front.send(get('/') + get('/range') + get('/', CLOSE));
      const [, first = '', range = '', last = ''] = reply.split(/HTTP\/1\.1 20\d [\s\S]*?\r\n\r\n/);
      expect([first.length, last === first, first.endsWith('b'), range]).toEqual([
        size,
        true,
        true,
        'aaaaabbbbb',
      ]);
    },
  );
});

describe('a streamed answer', () => {
  it('of unknown length comes in chunks, to HTTP/1.0 until the connection ends', async () => {
    front = await startFront(() => streamed(readerOf(['hello ', '', 'world'])));
    const chunked = await front.send(get('/') + get('/', CLOSE));
    expect(chunked.match(/\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n/g)?.length).toBe(2);
    const plain = await front.send(`GET / HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`);
    expect(plain).toMatch(/Connection: close\r\n\r\nhello world$/);
    const head = await front.send(`HEAD / HTTP/1.1\r\n${H}${CLOSE}\r\n`);
    expect(head).toMatch(/\r\n\r\n$/);
  });

  it.each([
    ['breaks off', readerOf(['abc'], new Error('origin')), []],
    ['is shorter than announced', readerOf(['abc']), ['Content-Length', '9']],
    ['is longer than announced', readerOf(['abcdefghijkl']), ['Content-Length', '9']],
  ])('that %s ends the connection without an end', async (_, reader, fields) => {
    front = await startFront(() => streamed(reader, fields));
    const reply = await front.send(get('/') + get('/next'));
    expect([statuses(reply), reply.includes('0\r\n\r\n'), front.reached]).toEqual([[200], false, ['GET /']]);
    expect([reader.cancelled, front.metrics.clientAborts]).toEqual([true, 1]);
  });

  it('is given up when its client leaves, even while the origin is silent', async () => {
    const reader = { ...readerOf([]), next: () => new Promise<undefined>(() => {}) };
    front = await startFront(() => streamed(reader));
    const client = front.connect();
    client.socket.write(get('/'));
    await client.until('\r\n\r\n');
    client.socket.resetAndDestroy();
    await expect.poll(() => reader.cancelled).toBe(true);
  });
});

describe('a request body', () => {
  it('reaches the origin at its pace: the client is not read ahead of it', async () => {
    let read: (() => void) | undefined;
    front = await startFront(
      (request) =>
        new Promise((resolve) => {
          read = () => {
            request.body?.resume();
            request.body?.on('end', () => resolve(text('done')));
          };
        }),
    );
    const client = front.connect();
    const size = 30_000_000;
    client.socket.write(`POST / HTTP/1.1\r\n${H}${CLOSE}Content-Length: ${size}\r\n\r\n`);
    client.socket.write(Buffer.alloc(size));
    await expect.poll(() => front.reached.length).toBe(1);
    await later();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    read?.();
    expect(statuses(await client.until('done'))).toEqual([200]);
  });

  it('is asked for with 100 (Continue) when somebody reads it, and not before', async () => {
    let mayRead: () => void = () => {};
    front = await startFront(async (request) => {
      await new Promise<void>((resolve) => {
        mayRead = resolve;
      });
      return echo(request);
    });
    const client = front.connect();
    client.socket.write(`POST / HTTP/1.1\r\n${H}${CLOSE}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    await expect.poll(() => front.reached.length).toBe(1);
    expect(client.text()).toBe('');
    mayRead();
    await client.until('100 Continue\r\n\r\n');
    client.socket.write('hello');
    await client.closed;
    expect(statuses(client.text())).toEqual([100, 200]);
    expect(client.text()).toContain('5 bytes');
  });

  it('that is not wanted ends the connection with the answer, if the client waits to send it', async () => {
    front = await startFront(() => text('no need'));
    const reply = await front.send(
      `POST / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
    );
    expect([statuses(reply), reply.includes('Connection: close')]).toEqual([[200], true]);
  });

  it('that is not wanted is read over when it is short, and ends the connection when it is long', async () => {
    front = await startFront(() => text('no need'));
    const post = (size: number) =>
      `POST / HTTP/1.1\r\n${H}Content-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;
    expect(statuses(await front.send(post(1000), get('/', CLOSE)))).toEqual([200, 200]);
    expect(statuses(await front.send(post(1_000_000), get('/', CLOSE)))).toEqual([200]);
  });

  it.each([
    ['announced', `Content-Length: 2000\r\n\r\n`],
    ['found out', `Transfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`],
  ])('larger than its route allows is refused, %s', async (how, rest) => {
    front = await startFront(echo, {
      maxBodyBytes: ({ pathAndQuery }) => (pathAndQuery === '/small' ? 1000 : undefined),
    });
    const reply = await front.send(`POST /small HTTP/1.1\r\n${H}${rest}${get('/hidden')}`);
    expect(statuses(reply)).toEqual([413]);
    expect(front.reached).toEqual(how === 'announced' ? [] : ['POST /small']);
  });

  it('that breaks off is never whole for the origin', async () => {
    const seen: string[] = [];
    front = await startFront(
      (request) =>
        new Promise((resolve) => {
          request.body?.on('end', () => seen.push('end'));
          request.body?.on('error', () => {
            seen.push('error');
            resolve(text('too late'));
          });
          request.body?.resume();
        }),
    );
    const half = `POST / HTTP/1.1\r\n${H}Content-Length: 10\r\n\r\nhello`;
    const ended = front.connect(true);
    ended.socket.end(half);
    await ended.closed;
    expect(statuses(ended.text())).toEqual([400]);
    const gone = front.connect();
    gone.socket.write(half);
    await expect.poll(() => front.reached.length).toBe(2);
    gone.socket.resetAndDestroy();
    await expect.poll(() => seen).toEqual(['error', 'error']);
    expect(front.errors).toEqual([]);
  });
});

describe('a client that has closed its half', () => {
  it('still gets its answers', async () => {
    front = await startFront(async (request) => {
      await later();
      return echo(request);
    });
    const client = front.connect(true);
    client.socket.end(get('/1') + get('/2'));
    await client.closed;
    expect(statuses(client.text())).toEqual([200, 200]);
  });

  it('in the middle of a head gets 400, and nothing when it said nothing', async () => {
    front = await startFront();
    const client = front.connect(true);
    client.socket.end('GET / HT');
    const silent = front.connect(true);
    silent.socket.end();
    await Promise.all([client.closed, silent.closed]);
    expect([statuses(client.text()), silent.text()]).toEqual([[400], '']);
  });
});

describe('an answer', () => {
  it('may be preceded by 103, for HTTP/1.1', async () => {
    front = await startFront(async (request) => {
      request.onInterim?.(103, ['Link', '</a.css>; rel=preload']);
      request.onInterim?.(100, []);
      request.onInterim?.(103, ['X', 'bad\r\nvalue']);
      setTimeout(() => request.onInterim?.(103, ['X', 'too-late']), 1);
      return text('ok');
    });
    expect(statuses(await front.send(get('/', CLOSE)))).toEqual([103, 200]);
    expect(statuses(await front.send(`GET / HTTP/1.0\r\n${H}\r\n`))).toEqual([200]);
    expect(front.errors.length).toBe(2);
  });

  it('to HTTP/1.0 keeps the connection only when asked to', async () => {
    front = await startFront();
    const old = (lines: string) => `GET / HTTP/1.0\r\n${H}${lines}\r\n`;
    const reply = await front.send(old('Connection: keep-alive\r\n') + old('') + old(''));
    expect(statuses(reply)).toEqual([200, 200]);
    expect(reply.match(/Connection: (?:keep-alive|close)/g)).toEqual([
      'Connection: keep-alive',
      'Connection: close',
    ]);
  });

  it('with a field that would break out of its line is not written', async () => {
    front = await startFront(() => ({ ...text('x'), fields: ['A', 'b\r\nSet-Cookie: evil'] }));
    expect(await front.send(get('/'))).toBe('');
    expect(front.errors.length).toBe(1);
  });

  it('is 500 when the edge itself fails', async () => {
    front = await startFront(({ pathAndQuery }) => {
      if (pathAndQuery === '/throws') throw new Error('ours');
      return Promise.reject(new Error('ours'));
    });
    expect(statuses(await front.send(get('/throws') + get('/rejects', CLOSE)))).toEqual([500, 500]);
    expect(front.errors.length).toBe(2);
  });

  it('is followed by the next one even when the access log fails', async () => {
    front = await startFront(echo, {
      accessLog() {
        throw new Error('disk full');
      },
    });
    expect(statuses(await front.send(get('/1') + get('/2', CLOSE)))).toEqual([200, 200]);
    expect(front.errors.length).toBe(2);
  });

  it('is recorded for the access log', async () => {
    front = await startFront();
    await front.send(get('/a', CLOSE));
    await front.send('nonsense\r\n\r\n');
    expect(front.log).toMatchObject([
      {
        method: 'GET',
        pathAndQuery: '/a',
        authority: 'a.test',
        status: 200,
        bytes: 6,
        whole: true,
        httpVersion: '1.1',
      },
      { status: 400, result: 'bad-request', authority: '' },
    ]);
  });
});
