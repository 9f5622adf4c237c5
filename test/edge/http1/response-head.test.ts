// How an answer's body is framed, and that no field can break out of its line.

import { describe, expect, it } from 'vitest';
import { frameResponse, interimHead } from '../../../src/edge/http1/response-head.ts';

const to = { method: 'GET', minorVersion: 1 as 0 | 1, keepAlive: true };

describe('a response', () => {
  it('has one length, the one that was counted', () => {
    const { head, keepAlive } = frameResponse(to, 200, ['A', 'b', 'content-length', '7'], 5);
    expect(head).toBe('HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n');
    expect(keepAlive).toBe(true);
  });

  it.each<[string, object, number, string[], number | undefined, object]>([
    ['of unknown length is chunked', to, 200, [], undefined, { chunked: true, keepAlive: true }],
    [
      'of unknown length to HTTP/1.0 ends with the connection',
      { ...to, minorVersion: 0 },
      200,
      [],
      undefined,
      { chunked: false, keepAlive: false, head: expect.stringContaining('Connection: close') },
    ],
    [
      'to HTTP/1.0 says that the connection stays',
      { ...to, minorVersion: 0 },
      200,
      [],
      0,
      { keepAlive: true, head: expect.stringContaining('Connection: keep-alive') },
    ],
    [
      'with an announced length is held to it',
      to,
      200,
      ['Content-Length', '9'],
      undefined,
      { chunked: false, length: 9 },
    ],
    [
      'to HEAD keeps its length and has no body',
      { ...to, method: 'HEAD' },
      200,
      ['Content-Length', '9'],
      9,
      { hasBody: false, head: expect.stringContaining('Content-Length: 9') },
    ],
    [
      'with 204 has neither body nor length',
      to,
      204,
      ['Content-Length', '9'],
      9,
      { hasBody: false, head: 'HTTP/1.1 204 No Content\r\n\r\n' },
    ],
    [
      'with 304 has no body',
      to,
      304,
      ['ETag', '"a"'],
      undefined,
      { hasBody: false, chunked: false, keepAlive: true },
    ],
    [
      'carries no fields of another connection',
      to,
      200,
      ['Connection', 'x', 'Keep-Alive', 'y', 'Transfer-Encoding', 'gzip', 'Upgrade', 'z'],
      0,
      { head: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
    ],
  ])('%s', (_, request, status, fields, size, expected) => {
    expect(frameResponse(request as typeof to, status, fields, size)).toMatchObject(expected);
  });

  it.each([
    [['A', 'b\r\nSet-Cookie: c']],
    [['A', 'b\nc']],
    [['A', 'b\0']],
    [['A', '\u0100']],
    [['A b', 'c']],
    [['', 'c']],
    [['A:', 'c']],
    [['Content-Length', '1', 'content-length', '1']],
    [['Content-Length', '1, 1']],
  ])('with %j is not written', (fields) => {
    expect(() => frameResponse(to, 200, fields, undefined)).toThrow(TypeError);
  });

  it('before the response is a head of its own', () => {
    expect(interimHead(103, ['Link', '</a>; rel=preload', 'Connection', 'x'])).toBe(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
    );
    expect(() => interimHead(103, ['Link', 'a\r\nb'])).toThrow(TypeError);
  });
});
