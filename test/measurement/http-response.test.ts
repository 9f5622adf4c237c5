import { expect, test } from 'vitest';
import { BodyReader, parseResponseHead } from '../../src/measurement/http-response.ts';
import { parseCacheStatus } from '../../src/measurement/sample.ts';

function reader(head: string): BodyReader {
  const parsed = parseResponseHead(head);
  if (!parsed) throw new Error('not a head');
  return new BodyReader(parsed);
}

const bytes = (text: string) => Buffer.from(text);

test('a body of stated length is complete with its last byte', () => {
  const body = reader('HTTP/1.1 200 OK\r\nContent-Length: 5');
  expect(body.push(bytes('abc'))).toBe('more');
  expect(body.push(bytes('de'))).toBe('complete');
  expect(body.bytes).toBe(5);
});

test('a chunked body is read across any split, trailers included', () => {
  const wire = '3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Check: 1\r\n\r\n';
  for (let size = 1; size <= wire.length; size++) {
    const body = reader('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked');
    const states: string[] = [];
    for (let i = 0; i < wire.length; i += size) states.push(body.push(bytes(wire.slice(i, i + size))));
    expect(states.at(-1)).toBe('complete');
    expect(states.slice(0, -1)).not.toContain('complete');
    expect(body.bytes).toBe(13);
  }
});

test('a body without length ends with its connection, one with a length does not', () => {
  expect(reader('HTTP/1.1 200 OK').completeAtEnd()).toBe(true);
  expect(reader('HTTP/1.1 200 OK\r\nContent-Length: 1').completeAtEnd()).toBe(false);
});

test('a chunk size that is no number is malformed', () => {
  expect(reader('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked').push(bytes('xyz\r\n'))).toBe('malformed');
});

test('what is no HTTP/1 head is refused; repeated fields are joined', () => {
  expect(parseResponseHead('SSH-2.0-OpenSSH')).toBeUndefined();
  expect(parseResponseHead('HTTP/1.1 200 OK\r\nno colon')).toBeUndefined();
  expect(parseResponseHead('HTTP/1.1 200 OK\r\nVia: a\r\nVia: b')?.fields.get('via')).toBe('a, b');
});

test.each([
  ['fra; hit', 'hit'],
  ['shield; hit, fra; fwd=miss; stored', 'miss'],
  ['fra; fwd=uri-miss; collapsed', 'miss'],
  [undefined, undefined],
])('Cache-Status %j is a %s of the cache nearest to the client', (field, expected) => {
  expect(parseCacheStatus(field)).toBe(expected);
});
