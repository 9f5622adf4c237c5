import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDictionary } from '../../src/edge/fields-dictionary.ts';
import { responseCacheControl } from '../../src/edge/targeted-control.ts';

const obeyed = (...lines: string[]) =>
  responseCacheControl([
    ...lines.flatMap((line) => ['CDN-Cache-Control', line]),
    'Cache-Control',
    'max-age=1',
  ]);
const plain = (...lines: string[]) => Object.fromEntries(obeyed(...lines).directives);

describe('CDN-Cache-Control', () => {
  it.each<[string, string[], Record<string, string | null>]>([
    ['alone decides', ['max-age=60'], { 'max-age': '60' }],
    ['no value', ['no-store, x'], { 'no-store': null, x: null }],
    ['parameters are dropped', ['max-age=60;a=1;b="c;d"'], { 'max-age': '60' }],
    ['field names', ['private="a, b"'], { private: 'a, b' }],
    ['an unknown directive', ['none'], { none: null }],
    [
      'an unknown directive of any type',
      ['max-age=60, x=(1 2), y=:YQ==:, z=1.5'],
      { 'max-age': '60', x: null, y: null, z: null },
    ],
    ['the last of two', ['max-age=60, max-age=30'], { 'max-age': '30' }],
    ['two lines', ['max-age=60', 'must-revalidate'], { 'max-age': '60', 'must-revalidate': null }],
    ['a directive said not to be there', ['no-store=?0, max-age=60'], { 'max-age': '60' }],
    ['more seconds than a day', ['max-age=999999999999999'], { 'max-age': '999999999999999' }],
  ])('%s', (_, lines, expected) => {
    expect(plain(...lines)).toEqual(expected);
    expect(obeyed(...lines).field).toBe('cdn-cache-control');
  });

  it.each([
    ['', 'empty'],
    ['max-age=60,', 'a comma at the end'],
    ['Max-Age=60', 'upper case'],
    ['max-age=60 s', 'something behind'],
    ['max-age="60"', 'seconds as a string'],
    ['max-age=60.0', 'seconds as a decimal'],
    ['max-age', 'seconds missing'],
    ['max-age=', 'no value'],
    ['max-age=1234567890123456', 'too many digits'],
    ['max-age=60, &', 'nonsense after'],
    ['no-store, x="', 'an open string'],
    ['max-age =60', 'a space before ='],
  ])('counts as not sent: "%s" (%s)', (line) => {
    expect(plain(line)).toEqual({ 'max-age': '1' });
  });

  it('gives way to a field before it in the list', () => {
    const fields = ['CDN-Cache-Control', 'max-age=60', 'Our-Cache-Control', 'max-age=90'];
    const targets = ['our-cache-control', 'cdn-cache-control'];
    expect(responseCacheControl(fields, targets).directives.get('max-age')).toBe('90');
    expect(
      responseCacheControl(['Our-Cache-Control', '!', ...fields.slice(0, 2)], targets).directives.get(
        'max-age',
      ),
    ).toBe('60');
  });
});

describe('parseDictionary', () => {
  it.each<[string, unknown]>([
    [
      'a=1, b=-2.5, c',
      [
        ['a', 1],
        ['b', -2.5],
        ['c', true],
      ],
    ],
    [
      'a="x\\"y\\\\", b=tok/en:*',
      [
        ['a', 'x"y\\'],
        ['b', 'tok/en:*'],
      ],
    ],
    [
      'a=@1659578233, b=%"f%c3%bc"',
      [
        ['a', 1659578233],
        ['b', 'fü'],
      ],
    ],
    [
      '  a=?0;x;y=1 ,\t*b=(1 "two" );p ',
      [
        ['a', false],
        ['*b', [1, 'two']],
      ],
    ],
    ['', []],
    [' ', []],
  ])('reads %s', (text, expected) => {
    const members = parseDictionary(text) ?? [];
    const value = (item: { value: unknown }) =>
      Array.isArray(item.value) ? item.value.map((inner: { value: unknown }) => inner.value) : item.value;
    expect([...members].map(([name, member]) => [name, value(member)])).toEqual(expected);
  });

  it.each([
    'a=1 b=2',
    'a==1',
    '1a',
    'a=(1',
    'a=(1"x")',
    'a=1.',
    'a=1.2345',
    'a=--1',
    'a="\\x"',
    'a="é"',
    'a=%"%FF"',
    'a=%"%ff"',
    'a=@1.5',
    'a;B=1',
    'a=?2',
    '\ta',
  ])('refuses %s', (text) => {
    expect(parseDictionary(text)).toBeUndefined();
  });

  it('ends, and never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=,"\\ \t1-;()?:@%.*é') }), (text) => {
        for (const name of parseDictionary(text)?.keys() ?? []) expect(name).toMatch(/^[a-z*][a-z0-9_.*-]*$/);
      }),
      { numRuns: 1000 },
    );
  });
});
