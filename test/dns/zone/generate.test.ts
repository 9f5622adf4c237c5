// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import { describe, expect, it } from 'vitest';
import { generate } from '../../../src/dns/zone/generate.ts';
import { tokenize } from '../../../src/dns/zone/tokenizer.ts';

function lines(text: string): string[] | string {
  const generated = generate(tokenize(text).entries[0]?.tokens ?? []);
  if (typeof generated === 'string') return generated;
  return generated.map((tokens) => tokens.map((token) => token.text).join(' '));
}

describe('$GENERATE', () => {
  it.each([
    ['1-3 h$ A 192.0.2.$', ['h1 A 192.0.2.1', 'h2 A 192.0.2.2', 'h3 A 192.0.2.3']],
    ['0-10/5 $ PTR h$', ['0 PTR h0', '5 PTR h5', '10 PTR h10']],
    ['10-10 h${-3,3} A 192.0.2.1', ['h007 A 192.0.2.1']],
    ['255-255 h${0,4,x}-${0,0,X}-${0,0,o} TXT a', ['h00ff-FF-377 TXT a']],
    ['18-18 ${0,7,n} PTR h', ['2.1.0.0 PTR h']],
    ['171-171 ${0,0,N} PTR h', ['B.A PTR h']],
    ['1-1 a$$b TXT "$ cents \\$"', ['a$b TXT 1 cents $']],
  ])('%s', (text, expected) => {
    expect(lines(text)).toEqual(expected);
  });

  it.each([
    ['', '$GENERATE needs a range such as 1-254 or 0-100/2'],
    ['x h$ A 192.0.2.$', '$GENERATE needs a range such as 1-254 or 0-100/2'],
    ['3-1 h$ A 192.0.2.$', '$GENERATE counts upwards: 3-1 is no range'],
    ['1-3/0 h$ A 192.0.2.$', '$GENERATE counts upwards: 1-3/0 is no range'],
    ['0-999999999 h$ A 192.0.2.$', '$GENERATE makes at most 131072 records'],
    ['1-2 h$ A', '$GENERATE needs an owner, a type and data behind the range'],
    ['1-2 h${-9} A 192.0.2.1', '$GENERATE cannot fill in `h${-9}`'],
    ['1-2 h${0,2,q} A 192.0.2.1', '$GENERATE cannot fill in `h${0,2,q}`'],
  ])('refuses `%s`', (text, expected) => {
    expect(lines(text)).toBe(expected);
  });
});
