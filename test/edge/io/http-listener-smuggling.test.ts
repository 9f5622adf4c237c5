// Requests made to be read in two ways: smuggled ones, split ones, desynchronised ones. For each: the statuses that come
// back, in order, and all that may reach the pipeline. After a refusal the connection ends, so nothing behind it counts.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Front, startFront, statuses } from './http-listener-support.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
beforeEach(() => {
  front.reached.length = 0;
});
afterAll(() => front.close());

const H = 'Host: a.test\r\n';
const GET = `GET / HTTP/1.1\r\n${H}`;
const POST = `POST / HTTP/1.1\r\n${H}`;
const HIDDEN = `GET /hidden HTTP/1.1\r\n${H}\r\n`;
const LAST = `GET /last HTTP/1.1\r\n${H}Connection: close\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const REFUSED: [string, string, number][] = [
  ['CL.TE', `${POST}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE.CL', `${POST}${CHUNKED}Content-Length: 4\r\n\r\n5c\r\n${HIDDEN}0\r\n\r\n`, 400],
  ['CL 0 with TE', `${POST}Content-Length: 0\r\n${CHUNKED}\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE.TE, second identity', `${POST}${CHUNKED}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE.TE, twice chunked', `${POST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a list', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE chunked not last', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a parameter', `${POST}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE in quotes', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a vertical tab', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a no-break space', `${POST}Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE with a tab before the colon', `${POST}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE on a folded line', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['TE folded into another field', `${POST}X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['TE after a bare CR', `${POST}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['TE after a bare LF', `${POST}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['TE after a NUL', `${POST}X: y\0\r\n${CHUNKED}\r\n0\r\n\r\n`, 400],
  ['TE in HTTP/1.0', `POST / HTTP/1.0\r\n${H}${CHUNKED}\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['two lengths', `${POST}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${HIDDEN}`, 400],
  ['two equal lengths', `${POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`, 400],
  ['a list of lengths', `${POST}Content-Length: 0, 44\r\n\r\n${HIDDEN}`, 400],
  ['a length with a plus', `${POST}Content-Length: +5\r\n\r\nhello`, 400],
  ['a negative length', `${POST}Content-Length: -1\r\n\r\n`, 400],
  ['a hexadecimal length', `${POST}Content-Length: 0x5\r\n\r\nhello`, 400],
  ['a length with an underscore', `${POST}Content-Length: 1_0\r\n\r\n0123456789`, 400],
  ['a length with a fraction', `${POST}Content-Length: 5.0\r\n\r\nhello`, 400],
  ['a length beyond 2^64', `${POST}Content-Length: 18446744073709551617\r\n\r\nx`, 400],
  ['an empty length', `${POST}Content-Length:\r\n\r\n`, 400],
  ['a length with a space before the colon', `${POST}Content-Length : 5\r\n\r\nhello`, 400],
  ['two Hosts', `${GET}Host: b.test\r\n\r\n`, 400],
  ['two Hosts of different case', `${GET}hOST: a.test\r\n\r\n`, 400],
  ['Host behind white space', `GET / HTTP/1.1\r\n Host: a.test\r\n\r\n`, 400],
  ['Host with user information', `GET / HTTP/1.1\r\nHost: a.test@b.test\r\n\r\n`, 400],
  ['Host with a path', `GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n`, 400],
  ['Host with two ports', `GET / HTTP/1.1\r\nHost: a.test:80:81\r\n\r\n`, 400],
  ['an absolute form with another host', `GET http://b.test/ HTTP/1.1\r\n${H}\r\n`, 400],
  ['an absolute form with another port', `GET http://a.test:81/ HTTP/1.1\r\n${H}\r\n`, 400],
  ['an absolute form with a user', `GET http://x@a.test/ HTTP/1.1\r\n${H}\r\n`, 400],
  ['a target with a space', `GET /a b HTTP/1.1\r\n${H}\r\n`, 400],
  ['a target with a line', `GET /a\r\nX: HTTP/1.1\r\n${H}\r\n`, 400],
  ['a target with a bare CR', `GET /a\rHTTP/1.1\r\n${H}\r\n`, 400],
  ['a target with a bare LF', `GET /a\nHost: b HTTP/1.1\r\n${H}\r\n`, 400],
  ['a target with a NUL', `GET /a\0b HTTP/1.1\r\n${H}\r\n`, 400],
  ['an empty target', `GET  HTTP/1.1\r\n${H}\r\n`, 400],
  ['a backslash', `GET \\\\b.test\\ HTTP/1.1\r\n${H}\r\n`, 400],
  ['HTTP/0.9', `GET /\r\n`, 400],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['two versions', `GET / HTTP/1.1 HTTP/1.1\r\n${H}\r\n`, 400],
  ['a field line without colon', `${GET}GET /hidden HTTP/1.1\r\n\r\n`, 400],
  ['an empty field name', `${GET}: x\r\n\r\n`, 400],
  ['a field name in parentheses', `${GET}(X): y\r\n\r\n`, 400],
  ['a field name beyond ASCII', `${GET}X\xe4: y\r\n\r\n`, 400],
  ['a head ended by LF', `${GET}\n${HIDDEN}`, 400],
  ['a head ended by LF LF', `GET / HTTP/1.1\r\nHost: a.test\n\n${HIDDEN}`, 400],
  ['a head ended by CR CR LF', `${GET}\r\r\n${HIDDEN}`, 400],
  ['three empty lines first', `\r\n\r\n\r\n${GET}\r\n`, 400],
  ['a NUL first', `\0${GET}\r\n`, 400],
  ['CONNECT with a request inside', `CONNECT a.test:80 HTTP/1.1\r\n${H}\r\n${HIDDEN}`, 405],
  ['TRACE', `TRACE / HTTP/1.1\r\n${H}\r\n${HIDDEN}`, 405],
  ['Expect of something else', `${POST}Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\nx`, 417],
];

/** Refused when the body is read, so the request itself has come to the pipeline, and sees the body break off. */
const BAD_BODY: [string, string, number][] = [
  ['a chunk longer than its size', `${POST}${CHUNKED}\r\n3\r\nabcd\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk shorter than its size', `${POST}${CHUNKED}\r\n5\r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk size with 0x', `${POST}${CHUNKED}\r\n0x3\r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk size with a space', `${POST}${CHUNKED}\r\n3 \r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk size that overflows', `${POST}${CHUNKED}\r\nffffffffffffffff1\r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a negative chunk size', `${POST}${CHUNKED}\r\n-1\r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk extension with LF', `${POST}${CHUNKED}\r\n3;\nx\r\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk size ended by LF', `${POST}${CHUNKED}\r\n3\nabc\r\n0\r\n\r\n${HIDDEN}`, 400],
  ['a chunk ended by LF', `${POST}${CHUNKED}\r\n3\r\nabc\n0\r\n\r\n${HIDDEN}`, 400],
  ['a last chunk ended by LF', `${POST}${CHUNKED}\r\n0\n\n${HIDDEN}`, 400],
  ['a trailer with Content-Length', `${POST}${CHUNKED}\r\n0\r\nContent-Length: 5\r\n\r\n${HIDDEN}`, 400],
  ['a request for a trailer', `${POST}${CHUNKED}\r\n0\r\n${HIDDEN}`, 400],
  ['endless extensions', `${POST}${CHUNKED}\r\n${`1;${'e'.repeat(200)}\r\nx\r\n`.repeat(90)}0\r\n\r\n`, 413],
  ['endless trailers', `${POST}${CHUNKED}\r\n0\r\n${'A: b\r\n'.repeat(2000)}\r\n`, 431],
];

const TAKEN: [string, string, string[]][] = [
  [
    'a body that looks like a request',
    `${POST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}${LAST}`,
    ['POST /', 'GET /last'],
  ],
  [
    'a chunk that looks like the end',
    `${POST}${CHUNKED}\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n${LAST}`,
    ['POST /', 'GET /last'],
  ],
  ['GET with a body', `${GET}Content-Length: 5\r\n\r\nhello${LAST}`, ['GET /', 'GET /last']],
  [
    'HEAD with a chunked body',
    `HEAD / HTTP/1.1\r\n${H}${CHUNKED}\r\n1\r\nx\r\n0\r\n\r\n${LAST}`,
    ['HEAD /', 'GET /last'],
  ],
  [
    'an upgrade to h2c, ignored',
    `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n${LAST}`,
    ['GET /', 'GET /last'],
  ],
  [
    'a WebSocket upgrade, ignored',
    `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n${LAST}`,
    ['GET /', 'GET /last'],
  ],
  ['a length of 0 and another request', `${POST}Content-Length: 0\r\n\r\n${LAST}`, ['POST /', 'GET /last']],
  ['an empty line between two', `${GET}\r\n\r\n${LAST}`, ['GET /', 'GET /last']],
  ['nothing behind the last', `${LAST}${HIDDEN}`, ['GET /last']],
  ['nothing behind HTTP/1.0', `GET / HTTP/1.0\r\n${H}\r\n${HIDDEN}`, ['GET /']],
];

describe('is refused, and nothing reaches the pipeline:', () => {
  it.each(REFUSED)('%s', async (_, bytes, status) => {
    expect(statuses(await front.send(bytes))).toEqual([status]);
    expect(front.reached).toEqual([]);
  });
});

describe('is refused in its body, and nothing behind it is a request:', () => {
  it.each(BAD_BODY)('%s', async (_, bytes, status) => {
    expect(statuses(await front.send(bytes))).toEqual([status]);
    expect(front.reached).toEqual(['POST /']);
  });
});

describe('is taken for what it is:', () => {
  it.each(TAKEN)('%s', async (_, bytes, reached) => {
    expect(statuses(await front.send(bytes))).toEqual(reached.map(() => 200));
    expect(front.reached).toEqual(reached);
  });
});

describe('after a request that is right', () => {
  it.each(REFUSED)(
    '%s is refused all the same, and both answers keep their order',
    async (_, bytes, status) => {
      expect(statuses(await front.send(`${GET}\r\n${bytes}`))).toEqual([200, status]);
      expect(front.reached).toEqual(['GET /']);
    },
  );
});

it('nothing of all this was a mistake of the edge', () => {
  expect(front.errors).toEqual([]);
});
