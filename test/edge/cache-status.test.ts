import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CacheStatus, formatCacheStatus } from '../../src/edge/cache-status.ts';

describe('formatCacheStatus', () => {
  it.each<[CacheStatus, string]>([
    [{ hit: true, ttl: 42 }, 'c; hit; ttl=42'],
    [
      { hit: true, ttl: -3, detail: 'stale-while-revalidate' },
      'c; hit; ttl=-3; detail=stale-while-revalidate',
    ],
    [{ fwd: 'uri-miss', fwdStatus: 200, stored: true }, 'c; fwd=uri-miss; fwd-status=200; stored'],
    [
      { fwd: 'uri-miss', fwdStatus: 200, stored: true, collapsed: true },
      'c; fwd=uri-miss; fwd-status=200; stored; collapsed',
    ],
    [{ fwd: 'vary-miss', detail: 'no variant for "x"' }, 'c; fwd=vary-miss; detail="no variant for \\"x\\""'],
    [{ hit: true, key: 'http://a/\n' }, 'c; hit; key="http://a/?"'],
    [{}, 'c'],
  ])('%j is %s', (status, text) => {
    expect(formatCacheStatus('c', status)).toBe(text);
  });

  it('goes after what caches nearer to the origin said', () => {
    expect(formatCacheStatus('c', { hit: true }, 'shield; hit')).toBe('shield; hit, c; hit');
  });

  it('is a Structured Field whatever the texts are, with every text in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (detail, ttl) => {
        const parameters = parseParameters(formatCacheStatus('c', { hit: true, ttl, detail }));
        expect(parameters.get('ttl')).toBe(ttl);
        expect(parameters.get('hit')).toBe(true);
        expect(parameters.get('detail')).toBe(detail.replace(/[^\x20-\x7e]/g, '?'));
      }),
    );
  });
});

/** Parameters of one item as RFC 8941 section 4.2.3.2 reads them; throws on anything that is not one. */
function parseParameters(text: string): Map<string, string | number | boolean> {
  const parameters = new Map<string, string | number | boolean>();
  let rest = text.replace(/^[A-Za-z*][^;]*/, '');
  while (rest !== '') {
    const match =
      /^; *([a-z*][a-z0-9_\-.*]*)(?:=(?:"((?:[^"\\]|\\["\\])*)"|(-?\d+)|([A-Za-z*][!#$%&'*+\-.^_`|~:/\w]*)))?/.exec(
        rest,
      );
    if (!match) throw new Error(`not a parameter: ${rest}`);
    const [whole, name = '', quoted, integer, token] = match;
    const value =
      quoted?.replace(/\\(.)/g, '$1') ?? (integer === undefined ? (token ?? true) : Number(integer));
    parameters.set(name, value);
    rest = rest.slice(whole.length);
  }
  return parameters;
}
