// From bytes to requests: what is taken, what is refused and why, that it does not matter how the bytes arrive, and that
// a second parser (llhttp) takes them for the same requests.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { DEFAULT_HTTP1_LIMITS } from '../../../src/edge/http1/limits.ts';
import { Refusal } from '../../../src/edge/http1/refusal.ts';
import { RequestReader } from '../../../src/edge/http1/request-reader.ts';
import { readWithEdge, readWithLlhttp } from './read-stream.ts';
import { mutated, STREAMS } from './request-corpus.ts';

const read = (text: string, limits = DEFAULT_HTTP1_LIMITS) =>
  new RequestReader(limits).read(Buffer.from(text, 'latin1'), 0);
const HEAD = 'GET / HTTP/1.1\r\nHost: a.test\r\n';

describe('a head', () => {
  it('becomes method, authority, path and fields as received', () => {
    expect(
      read('PUT /a?b HTTP/1.1\r\nhOST: a.test:80\r\nX-A:  b c \t\r\nX-a:\r\nX-\xe4: no\r\n\r\n'),
    ).toBeInstanceOf(Refusal);
    expect(read('PUT /a?b HTTP/1.1\r\nhOST: a.test:80\r\nX-A:  b c \t\r\nX-a:\r\nB: \xe4\r\n\r\n')).toEqual({
      method: 'PUT',
      authority: 'a.test:80',
      pathAndQuery: '/a?b',
      minorVersion: 1,
      fields: ['hOST', 'a.test:80', 'X-A', 'b c', 'X-a', '', 'B', '\xe4'],
      bodyLength: 0,
      keepAlive: true,
      expectContinue: false,
    });
  });

  it.each<[string, string, boolean]>([
    ['1.1', '', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: Close, x\r\n', false],
    ['1.1', 'Connection: keep-alive\r\nConnection: close\r\n', false],
    ['1.1', 'Connection: x-closed\r\n', true],
    ['1.0', '', false],
    ['1.0', 'Connection: Keep-Alive\r\n', true],
    ['1.0', 'Connection: keep-alive, close\r\n', false],
  ])('of HTTP/%s with %j keeps the connection: %j', (version, line, keepAlive) => {
    expect(read(`GET / HTTP/${version}\r\nHost: a.test\r\n${line}\r\n`)).toMatchObject({ keepAlive });
  });

  it.each<[string, string, number]>([
    ['no body', '', 0],
    ['a length', 'Content-Length: 12\r\n', 12],
    ['chunks', 'Transfer-Encoding: Chunked\r\n', -1],
  ])('says that there is %s', (_, line, bodyLength) => {
    expect(read(`${HEAD}${line}\r\n`)).toMatchObject({ bodyLength });
  });

  it('waits for 100 (Continue) only with a body and HTTP/1.1', () => {
    const with11 = 'Expect: 100-Continue\r\n';
    expect(read(`${HEAD}${with11}Content-Length: 1\r\n\r\n`)).toMatchObject({ expectContinue: true });
    expect(read(`${HEAD}${with11}\r\n`)).toMatchObject({ expectContinue: false });
    const with10 = `GET / HTTP/1.0\r\nHost: a.test\r\n${with11}Content-Length: 1\r\n\r\n`;
    expect(read(with10)).toMatchObject({ expectContinue: false });
  });

  it.each<[string, number, string]>([
    ['\r\n\r\n\r\nGET /', 400, 'not a request line'],
    [' GET / HTTP/1.1\r\n', 400, 'not a request line'],
    ['GET  / HTTP/1.1\r\n', 400, 'not a request line'],
    ['GET /  HTTP/1.1\r\n', 400, 'not HTTP/1.0 or HTTP/1.1'],
    ['GET /\tHTTP/1.1\r\n', 400, 'request target has characters that no URI has'],
    ['GET / HTTP/1.1 \r\n', 400, 'not a request line'],
    ['GET / HTTP/1.2\r\n', 400, 'not HTTP/1.0 or HTTP/1.1'],
    ['GET / http/1.1\r\n', 400, 'not HTTP/1.0 or HTTP/1.1'],
    ['GET /\r\n', 400, 'not a request line'],
    ['get / HTTP/1.1\r\n', 400, 'unknown method'],
    ['PRI * HTTP/2.0\r\n', 400, 'unknown method'],
    ['GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400, 'folded field line'],
    [`${HEAD}: x\r\n\r\n`, 400, 'not a field name'],
    [`${HEAD}A\r\n\r\n`, 400, 'not a field name'],
    [`${HEAD}A: b\rc\r\n\r\n`, 400, 'carriage return without line feed'],
    [`${HEAD}A: b\nC: d\r\n\r\n`, 400, 'line feed without carriage return'],
    [`${HEAD}\n`, 400, 'line feed without carriage return'],
    [`${HEAD}A: \x7f\r\n\r\n`, 400, 'control character in a field value'],
    [`${HEAD}Content-Length: 1 2\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Content-Length:\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Content-Length: 0x1\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Content-Length: -1\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Content-Length: 9007199254740993\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Content-Length: 99999999999999999999\r\n\r\n`, 400, 'Content-Length is not a length'],
    [`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`, 400, 'Transfer-Encoding is not chunked'],
    [`${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n`, 400, 'Transfer-Encoding is not chunked'],
    [`${HEAD}Transfer-Encoding:\r\n\r\n`, 400, 'Transfer-Encoding is not chunked'],
    [`${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n`, 400, 'control character in a field value'],
    ['GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'Transfer-Encoding in HTTP/1.0'],
    [`GET /${'a'.repeat(9000)}`, 414, 'request target too long'],
    [`${HEAD}A: ${'a'.repeat(17_000)}`, 431, 'head too large'],
    [`${HEAD}${'A: b\r\n'.repeat(128)}\r\n`, 431, 'too many fields'],
  ])('%j is refused with %d, %s', (text, status, reason) => {
    expect(read(text)).toEqual(new Refusal(status, reason));
  });

  it('is awaited while it may still become right', () => {
    for (const text of [
      '',
      '\r',
      '\r\n',
      'G',
      'GET',
      'GET /',
      'GET / HTTP/1.',
      'GET / HTTP/1.1\r',
      HEAD,
      `${HEAD}\r`,
    ])
      expect(read(text)).toBeUndefined();
  });

  it('of a TLS client is refused at its first byte', () => {
    expect(read('\x16')).toBeInstanceOf(Refusal);
  });
});

describe('a client that repeats itself', () => {
  it('gets the very same result, and the same fields with another path', () => {
    const reader = new RequestReader(DEFAULT_HTTP1_LIMITS);
    const get = (path: string, value: string) => {
      const result = reader.read(
        Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nA: ${value}\r\n\r\nGET`),
        0,
      );
      if (!result || result instanceof Refusal) throw new Error('refused');
      return result;
    };
    const first = get('/1', 'x');
    expect(get('/1', 'x')).toBe(first);
    const second = get('/2', 'x');
    expect([second.pathAndQuery, second.fields === first.fields]).toEqual(['/2', true]);
    expect(get('/2', 'y').fields).toEqual(['Host', 'a.test', 'A', 'y']);
    reader.forget();
    expect(get('/2', 'y').fields).toEqual(['Host', 'a.test', 'A', 'y']);
  });

  it('is read as a new client would be, whatever came before', () => {
    const random = seededRandom(7);
    const reader = new RequestReader(DEFAULT_HTTP1_LIMITS);
    for (let i = 0; i < 5000; i++) {
      const bytes = mutated(random);
      expect(readWithEdge([bytes], reader)).toEqual(readWithEdge([bytes]));
    }
  });
});

describe('a stream of requests', () => {
  it('is the same however it is cut', () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...STREAMS), fc.nat(), cuts, (stream, seed, places) => {
        for (const bytes of [Buffer.from(stream, 'latin1'), mutated(seededRandom(seed))]) {
          const sorted = [0, ...places.filter((at) => at < bytes.length).toSorted((a, b) => a - b)];
          const chunks = sorted.map((at, i) => bytes.subarray(at, sorted[i + 1] ?? bytes.length));
          expect(readWithEdge(chunks)).toEqual(readWithEdge([bytes]));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same byte by byte', () => {
    for (const stream of STREAMS) {
      const bytes = Buffer.from(stream, 'latin1');
      const crumbs = Array.from(bytes, (byte) => Buffer.from([byte]));
      expect(readWithEdge(crumbs)).toEqual(readWithEdge([bytes]));
    }
  });

  /** More by hand: EDGE_FUZZ_RUNS=1000000 vitest run --project unit test/edge/http1/request-reader.test.ts */
  const runs = Number(process.env['EDGE_FUZZ_RUNS'] ?? 20_000);
  it(`never makes a request that llhttp would not, in ${runs} mutations`, { timeout: 3_600_000 }, () => {
    const random = seededRandom(42);
    let taken = 0;
    let refused = 0;
    for (let i = 0; i < runs; i++) {
      const bytes = mutated(random);
      const ours = readWithEdge([bytes]);
      const theirs = readWithLlhttp(bytes);
      refused += ours.refused ? 1 : 0;
      // White space around a value may be tabs (RFC 9110 section 5.5), which llhttp forgets for this one field.
      if (theirs.refused === 'HPE_INVALID_TRANSFER_ENCODING' && bytes.includes('chunked\t')) continue;
      for (const [at, request] of ours.requests.entries()) {
        taken++;
        const other = theirs.requests[at];
        // The absolute form: llhttp leaves it as it is.
        if (other?.target.startsWith('http:')) other.target = request.target;
        if (JSON.stringify(other) !== JSON.stringify(request))
          expect({ bytes: bytes.toString('latin1'), other, theirs }).toEqual({
            bytes: '',
            other: request,
            theirs,
          });
      }
    }
    expect(taken).toBeGreaterThan(runs / 10);
    expect(refused).toBeGreaterThan(runs / 10);
  });
});
