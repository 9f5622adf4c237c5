import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idlePatterns, withOverride, withoutOverride } from '../../../src/dns/health/edit-overrides.ts';
import { matchesPattern, overrideOf, parseOverrides } from '../../../src/dns/health/overrides.ts';

const FILE = `# Who: the night shift
pop-* => drain   # move to the new racks
pop-fra => auto

  pop-tyo=>down# fibre cut
`;

describe('an overrides file', () => {
  it('is read with its reasons and line numbers', () => {
    expect(parseOverrides(FILE, 'o.txt')).toEqual({
      problems: [],
      rules: [
        { pattern: 'pop-*', state: 'drain', line: 2, why: 'move to the new racks' },
        { pattern: 'pop-fra', state: 'auto', line: 3 },
        { pattern: 'pop-tyo', state: 'down', line: 5, why: 'fibre cut' },
      ],
    });
  });

  it('the last line that matches wins', () => {
    const { rules } = parseOverrides(FILE, 'o.txt');
    expect(overrideOf(rules, 'pop-lon')?.state).toBe('drain');
    expect(overrideOf(rules, 'pop-fra')?.state).toBe('auto');
    expect(overrideOf(rules, 'pop-tyo')?.line).toBe(5);
    expect(overrideOf(rules, 'lab-tyo')).toBeUndefined();
  });

  it.each([
    ['pop-fra => dow', 'no state "dow": it is one of up, down, drain, auto'],
    ['pop-fra down', 'not an override: "pop-fra down"'],
    ['pop-fra =>', 'not an override: "pop-fra =>"'],
    ['=> down', 'not an override: "=> down"'],
    ['a b => down', 'not an override: "a b => down"'],
    ['pop-fra => down now', 'not an override: "pop-fra => down now"'],
    ['pop\u0000 => x\u001b[2J', 'no state "x\\u001b[2J": it is one of up, down, drain, auto'],
  ])('refuses %j with its line', (line, message) => {
    const { problems } = parseOverrides(`\n${line}\n`, 'o.txt');
    expect(problems).toMatchObject([{ file: 'o.txt', line: 2, message }]);
  });

  it('takes CRLF line ends', () => {
    expect(parseOverrides('a => up\r\nb => down # x\r\n', '').rules).toMatchObject([
      { pattern: 'a', state: 'up' },
      { pattern: 'b', state: 'down', why: 'x' },
    ]);
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('pop', '*', ' ', '=>', 'down', 'auto', '#', '\n', '\r', '\u0000', 'é'),
        }),
        (text) => {
          const { rules, problems } = parseOverrides(text, 'f');
          expect(rules.length + problems.length).toBeLessThanOrEqual(text.split('\n').length);
        },
      ),
    );
  });
});

describe('a pattern', () => {
  it.each([
    ['pop-fra', 'pop-fra', true],
    ['pop-fra', 'pop-fra2', false],
    ['*', 'anything', true],
    ['pop-*', 'pop-', true],
    ['*-fra', 'pop-fra', true],
    ['*fra*', 'pop-fra-1', true],
    ['a*a', 'a', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['p.p', 'pop', false],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  it('matches as a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(letters, name, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchesPattern(pattern, text)).toBe(expression.test(text));
      }),
    );
  });
});

describe('editing', () => {
  it('puts the new rule last, takes out the old one of this pattern, and keeps all else', () => {
    expect(withOverride(FILE, 'pop-fra', 'down', 'smoke\nin  the room')).toBe(`# Who: the night shift
pop-* => drain   # move to the new racks

  pop-tyo=>down# fibre cut
pop-fra => down # smoke in the room
`);
  });

  it('clears exactly this pattern', () => {
    expect(withoutOverride(FILE, 'pop-*')).toEqual({
      removed: 1,
      text: FILE.replace(/pop-\* .*\n/, ''),
    });
    expect(withoutOverride(FILE, 'pop')).toEqual({ removed: 0, text: FILE });
  });

  it('adds the line end that the last line lacks', () => {
    expect(withOverride('a => up', 'b', 'down')).toBe('a => up\nb => down\n');
  });

  it('what was set is in force, whatever the reason says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (why) => {
        const { rules, problems } = parseOverrides(withOverride(FILE, 'pop-fra', 'up', why), '');
        expect(problems).toEqual([]);
        expect(rules).toHaveLength(3);
        expect(overrideOf(rules, 'pop-fra')?.state).toBe('up');
      }),
    );
  });

  it('finds patterns that match no POP', () => {
    expect(idlePatterns(FILE, ['pop-fra', 'pop-lon'])).toEqual(['pop-tyo']);
  });
});
