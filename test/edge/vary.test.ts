import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVary, secondaryKey } from '../../src/edge/vary.ts';

const same = (name: string, a: string, b: string) =>
  secondaryKey([name], [name, a]) === secondaryKey([name], [name, b]);

describe('parseVary', () => {
  it.each<[string | undefined, boolean, string[]]>([
    [undefined, false, []],
    ['', false, []],
    ['Accept', false, ['accept']],
    [' B ,, a,B', false, ['a', 'b']],
    ['*', true, ['*']],
    ['accept, *', true, ['*', 'accept']],
  ])('%s', (text, any, names) => {
    expect(parseVary(text)).toEqual({ any, names });
  });

  it('leaves out what the route ignores, but never a star', () => {
    const rules = { vary: { ignore: ['user-agent', '*'] } };
    expect(parseVary('User-Agent, Accept', rules)).toEqual({ any: false, names: ['accept'] });
    expect(parseVary('*').any).toBe(true);
  });
});

describe('secondaryKey', () => {
  it.each<[string, string, string, boolean]>([
    ['x', 'a, b', 'a,b', true],
    ['x', 'a,,b,', 'a, b', true],
    ['x', 'a,b', 'b,a', false],
    ['x', 'A', 'a', false],
    ['accept-language', 'de-CH, EN', 'DE-ch,en', true],
    ['accept-language', 'en;q=0.5, de', 'de, en; q=0.50', true],
    ['accept-language', 'de;q=1.0, en', 'de, en', true],
    ['accept-language', 'de, en', 'en, de', false],
    ['accept-encoding', 'gzip, br', 'br, gzip', true],
    ['accept-encoding', 'gzip;q=0', 'gzip', false],
  ])('%s: %s and %s', (name, a, b, expected) => {
    expect(same(name, a, b)).toBe(expected);
  });

  it('tells absent from empty', () => {
    expect(secondaryKey(['x'], [])).not.toBe(secondaryKey(['x'], ['X', '']));
  });

  it('is equal for different values of an unknown field only if they differ in space and commas alone', () => {
    const value = fc.string({ unit: fc.constantFrom(...'ab,; ='), maxLength: 8 });
    const bare = (text: string) => text.replace(/[ ,]/g, '');
    fc.assert(
      fc.property(value, value, (a, b) => {
        if (same('x', a, b)) expect(bare(a)).toBe(bare(b));
      }),
    );
  });
});
