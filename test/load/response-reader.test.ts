import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheResultOf } from '../../src/load/cache-result.ts';
import { type ReadResponse, ResponseReader } from '../../src/load/response-reader.ts';

/** All bytes in the pieces given by `cuts`; the responses that come out. */
function read(text: string, cuts: number[]): ReadResponse[] {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ResponseReader();
  const found: ReadResponse[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const response = reader.push(bytes.subarray(at, at + cut));
    if (response) found.push(response);
    at += cut;
    if (at >= bytes.length) break;
  }
  return found;
}

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 200, maxLength: 200 });

describe('a response', () => {
  it.each([
    ['with a length', 'Content-Length: 5\r\nX-POP: fra\r\n\r\nhello', 5],
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\nx-pop:fra\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n',
      5,
    ],
    ['that is empty', 'X-POP: fra\r\nContent-Length: 0\r\n\r\n', 0],
  ])('%s is whole at the same byte however it is cut', (_, rest, bodyBytes) => {
    fc.assert(
      fc.property(cuts, (pieces) => {
        const [response, ...others] = read(
          `HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n${rest}`,
          pieces,
        );
        expect(response).toMatchObject({ status: 200, bodyBytes, pop: 'fra', keepAlive: true });
        expect(others).toEqual([]);
      }),
    );
  });

  it('without a length ends with the connection', () => {
    const reader = new ResponseReader();
    expect(reader.push(Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc'))).toBeUndefined();
    expect(reader.close()).toMatchObject({ bodyBytes: 3, keepAlive: false });
  });

  it.each(['HTTP/2 200\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab', 'GET / HTTP/1.1\r\n\r\n'])(
    'is refused: %j',
    (text) => {
      expect(() => new ResponseReader().push(Buffer.from(text))).toThrow();
    },
  );

  it('of any bytes is read, refused or waited for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, withHead) => {
        const head = withHead ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' : '';
        try {
          new ResponseReader().push(Buffer.concat([Buffer.from(head), bytes]));
        } catch (error) {
          expect((error as Error).message).toMatch(/^[a-z-]+$/);
        }
      }),
    );
  });
});

describe('Cache-Status', () => {
  it.each([
    [undefined, 'none'],
    ['catchment-fra; hit; ttl=42', 'hit'],
    ['catchment-fra; hit; ttl=-3; detail=stale-while-revalidate', 'stale'],
    ['catchment-fra; fwd=uri-miss; fwd-status=200; stored', 'miss'],
    ['catchment-fra; fwd=stale; fwd-status=304; stored', 'revalidated'],
    ['catchment-fra; fwd=uri-miss; collapsed', 'collapsed'],
    ['catchment-fra; fwd=stale; fwd-status=503; detail=stale-if-error', 'stale'],
    ['catchment-fra; fwd=bypass', 'bypass'],
    ['shield; hit; ttl=5, catchment-fra; fwd=uri-miss; stored', 'miss'],
    ['shield; fwd=uri-miss; detail="a, b; hit", catchment-fra; hit; ttl=1', 'hit'],
    ['catchment-fra; detail=healthz', 'none'],
  ])('%s is %s', (text, expected) => {
    expect(cacheResultOf(text)).toBe(expected);
  });
});
