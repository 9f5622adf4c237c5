// Hostile and broken requests over bare sockets: refused with the right status, counted, never a crash, and never
// passed on to the origin.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pair, startPair } from '../support/edge-and-origin.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const GET = 'GET /json/bad HTTP/1.1\r\n';
const HOST = 'Host: www.cdn.test\r\n';
const CLOSE = 'Connection: close\r\n';

describe('a request that is not right', () => {
  it.each<[string, string, number]>([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['an SMTP greeting', 'EHLO x\r\nMAIL FROM: y\r\n\r\n', 400],
    ['an HTTP version nobody has', `GET / HTTP/9.9\r\n${HOST}\r\n`, 400],
    ['no Host', `${GET}${CLOSE}\r\n`, 400],
    ['an empty Host', `${GET}Host:\r\n${CLOSE}\r\n`, 400],
    ['two Hosts', `${GET}${HOST}Host: other.test\r\n${CLOSE}\r\n`, 400],
    ['two equal Hosts', `${GET}${HOST}${HOST}${CLOSE}\r\n`, 400],
    ['a list in Host', `${GET}Host: a.test, b.test\r\n${CLOSE}\r\n`, 400],
    ['a URL for another host', `GET http://other.test/json/bad HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400],
    ['an https URL', `GET https://www.cdn.test/ HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400],
    ['a space before the colon', `${GET}${HOST}X-A : 1\r\n\r\n`, 400],
    ['a folded line', `${GET}${HOST}X-A: 1\r\n 2\r\n\r\n`, 400],
    ['a field name with a NUL', `${GET}${HOST}X\0A: 1\r\n\r\n`, 400],
    ['a value with a NUL', `${GET}${HOST}X-A: a\0b\r\n\r\n`, 400],
    ['bare line feeds', `GET /json/bad HTTP/1.1\nHost: www.cdn.test\n\n`, 400],
    [
      'two lengths',
      `POST /json/bad HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
    ],
    [
      'one length twice',
      `POST /json/bad HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`,
      400,
    ],
    ['a length with a sign', `POST /json/bad HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\na`, 400],
    [
      'length and chunks',
      `POST /json/bad HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'an unknown coding',
      `POST /json/bad HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a fragment', `GET /json/bad#x HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400],
    ['half a percent escape', `GET /json/bad%2 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400],
    ['a byte above 127 in the path', `GET /json/b\xe4d HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400],
    ['a path of 10 000 bytes', `GET /${'a'.repeat(10_000)} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 414],
    ['a field of 40 000 bytes', `${GET}${HOST}X-A: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['CONNECT', `CONNECT other.test:443 HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 405],
    ['a method nobody has', `BREW /pot HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 501],
    ['an unknown expectation', `${GET}${HOST}Expect: tea\r\n${CLOSE}\r\n`, 417],
  ])('with %s', async (_, bytes, status) => {
    const before = pair.edge.metrics.requests['bad-request'];
    const reply = await pair.raw(Buffer.from(bytes, 'latin1'));
    expect(reply.split('\r\n', 1)[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(reply).toContain('X-POP: fra');
    expect(reply).toContain('Cache-Status: catchment-fra; detail=bad-request');
    expect(pair.edge.metrics.requests['bad-request']).toBe(before + 1);
    expect(pair.asked('/json/bad')).toBe(0);
  });

  it('does not let one request hide in another', async () => {
    const smuggled = `GET /json/hidden HTTP/1.1\r\n${HOST}\r\n`;
    const bytes = `POST /json/outer HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`;
    const reply = await pair.raw(bytes);
    expect(reply.match(/HTTP\/1\.1 /g)?.length).toBe(1);
    expect(pair.asked('/json/hidden')).toBe(0);
  });

  it('cannot put the edge out of the way of the next one', async () => {
    for (let i = 0; i < 50; i++) {
      const junk = Buffer.from(Array.from({ length: 200 }, (_, j) => (i * 37 + j * 101) % 256));
      await pair.raw(Buffer.concat([junk, Buffer.from('\r\n\r\n')]));
    }
    expect((await pair.get('/json/good?max_age=60')).status).toBe(200);
    expect(pair.errors).toEqual([]);
  });

  it('is still served when it is only unusual', async () => {
    const absolute = await pair.raw(
      `GET http://www.cdn.test/json/good?max_age=60 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    );
    expect(absolute).toMatch(/^HTTP\/1.1 200 /);
    const old = await pair.raw(`GET /json/good?max_age=60 HTTP/1.0\r\n${HOST}\r\n`);
    expect(old).toMatch(/^HTTP\/1.1 200 /);
    const pipelined = await pair.raw(
      `GET /json/good?max_age=60 HTTP/1.1\r\n${HOST}\r\nGET /healthz HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    );
    expect(pipelined.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(2);
  });
});
