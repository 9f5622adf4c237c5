import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coveredFields,
  directiveSeconds,
  formatCacheControl,
  hasDirective,
  MAX_DELTA_SECONDS,
  parseCacheControl,
} from '../../src/edge/cache-control.ts';

describe('parseCacheControl', () => {
  it.each([
    ['max-age=60', 'max-age', 60],
    ['MAX-AGE=60', 'max-age', 60],
    ['public, max-age=60', 'max-age', 60],
    [' , ,max-age=60,', 'max-age', 60],
    ['max-age="60"', 'max-age', 60],
    ['max-age=007', 'max-age', 7],
    ['max-age=99999999999999999999', 'max-age', MAX_DELTA_SECONDS],
    ['max-age', 'max-age', 0],
    ['max-age=', 'max-age', 0],
    ['max-age=-1', 'max-age', 0],
    ['max-age=1.5', 'max-age', 0],
    ['max-age=60 seconds', 'max-age', 0],
    ['max-age=soon', 'max-age', 0],
    ['max-age =60', 'max-age', 0],
    ['max-age=60, max-age=5', 'max-age', 5],
    ['max-age=5, max-age=60', 'max-age', 5],
    ['max-age=60, max-age=x', 'max-age', 0],
    ['max-age="60', 'max-age', 0],
    ['max-age=60;x=1', 'max-age', 0],
    ["max-age='60'", 'max-age', 0],
    ['min-fresh=5, min-fresh=60', 'min-fresh', 60],
    ['max-stale, max-stale=5', 'max-stale', 5],
    ['community="a, max-age=60"', 'max-age', undefined],
    ['x="a, max-age=60', 'max-age', 60],
    ['x="a\\"b, max-age=1", max-age=60', 'max-age', 60],
    ['s-maxage=60', 'max-age', undefined],
    ['', 'max-age', undefined],
  ])('%s gives %s of %s seconds', (text, name, seconds) => {
    expect(directiveSeconds(parseCacheControl(text), name)).toBe(seconds);
  });

  it.each([
    '=;;, "x", no-store',
    'x="never closed, no-store',
    'NO-STORE',
    'no-store=1',
    'no-store;x',
    'a,,no-store',
  ])('finds no-store in %s', (text) => {
    expect(hasDirective(parseCacheControl(text), 'no-store')).toBe(true);
  });

  it.each<[string, unknown]>([
    ['max-age=1', undefined],
    ['private', 'everything'],
    ['private=""', 'everything'],
    ['private="a b"', 'everything'],
    ['private="a', 'everything'],
    ['private=set-cookie', ['set-cookie']],
    ['private="X-A, x-b"', ['x-a', 'x-b']],
    ['private="a", private', 'everything'],
    ['private, private="a"', 'everything'],
    ['private="a", private="b"', ['a', 'b']],
    ['private="a, Vary"', 'everything'],
  ])('%s keeps %j from others', (text, expected) => {
    expect(coveredFields(parseCacheControl(text), 'private')).toEqual(expected);
  });

  it('reads any text without failing, and always ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=,"\\ \t1-;é') }), (text) => {
        for (const name of parseCacheControl(text).directives.keys()) expect(name).toMatch(/^[a-z0-9-]+$/);
      }),
    );
  });

  it('reads back what it writes', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const value = fc.option(fc.string({ unit: 'grapheme-ascii' }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (entries) => {
        const directives = new Map(entries);
        expect(parseCacheControl(formatCacheControl({ directives })).directives).toEqual(directives);
      }),
    );
  });
});
