import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cdnLoopIds, hasLooped, passedAmong, withCdnLoop } from '../../../src/edge/upstream/cdn-loop.ts';

describe('CDN-Loop', () => {
  it.each<[string, string[]]>([
    ['foo123.foocdn.example, barcdn.example; trace="abcdef"', ['foo123.foocdn.example', 'barcdn.example']],
    ['AnotherCDN; abc=123; def="456"', ['anothercdn']],
    ['a; x="b, c", d', ['a', 'd']],
    ['a; x="\\", b", d', ['a', 'd']],
    ['a; x="open, b', ['a', 'b']],
    [' , ,a', ['a']],
    ['', []],
  ])('%s', (value, ids) => {
    expect(cdnLoopIds(['CDN-Loop', value])).toEqual(ids);
  });

  it('is appended to, never replaced, and finds itself again', () => {
    expect(withCdnLoop(['cdn-loop', 'a', 'X', '1', 'CDN-Loop', 'b'], 'me')).toEqual([
      'X',
      '1',
      'CDN-Loop',
      'a, b, me',
    ]);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z.-]{1,10}(;[a-z]+="[^"\\]*")?$/)), (ids) => {
        expect(hasLooped(withCdnLoop(['CDN-Loop', ids.join(', ')], 'catchment-fra'), 'catchment-fra')).toBe(
          true,
        );
      }),
    );
  });

  it('sees Via as well, and does not take a name that merely begins alike', () => {
    expect(hasLooped(['Via', '1.1 other, 1.1 Catchment-FRA'], 'catchment-fra')).toBe(true);
    expect(hasLooped(['CDN-Loop', 'catchment-fra-2', 'Via', '1.1 catchment-fra-2'], 'catchment-fra')).toBe(
      false,
    );
    expect(passedAmong(['Via', '1.1 b'], ['a', 'b'])).toBe('b');
    expect(passedAmong([], ['a', 'b'])).toBeUndefined();
  });
});
