import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
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
    ['community="a, max-age=60"', 'max-age', undefined],
    ['x="a\\"b, max-age=1", max-age=60', 'max-age', 60],
    ['s-maxage=60', 'max-age', undefined],
    ['', 'max-age', undefined],
  ])('%s gives %s of %s seconds', (text, name, seconds) => {
    expect(directiveSeconds(parseCacheControl(text), name)).toBe(seconds);
  });

  it('finds no-store beside nonsense', () => {
    expect(hasDirective(parseCacheControl('=;;, "x", no-store'), 'no-store')).toBe(true);
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
