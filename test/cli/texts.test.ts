import { describe, expect, test } from 'vitest';
import { explanationText } from '../../src/cli/explanation-text.ts';
import { parseMilliseconds, parsePercent, parseRate } from '../../src/cli/option-values.ts';
import { parseScenarioWords } from '../../src/cli/scenario-words.ts';
import { formatTable } from '../../src/cli/table.ts';

describe('tables', () => {
  test('are as wide as their widest cell, numbers to the right, colours not counted', () => {
    const rows = [
      { name: '\u001b[31mSão Paulo\u001b[39m', ms: '1.5' },
      { name: 'Tokyo', ms: '100.0' },
    ];
    expect(
      formatTable(
        [
          { title: 'CITY', cell: (row) => row.name },
          { title: 'MS', align: 'right', cell: (row) => row.ms },
        ],
        rows,
      ),
    ).toBe('CITY          MS\n\u001b[31mSão Paulo\u001b[39m    1.5\nTokyo      100.0');
  });

  test('without rows are their titles', () => {
    expect(
      formatTable(
        [
          { title: 'A', cell: String },
          { title: 'B', cell: String },
        ],
        [],
      ),
    ).toBe('A  B');
  });
});

describe('option values', () => {
  const right: [(text: string) => number, string, number][] = [
    [parseMilliseconds, '40', 40],
    [parseMilliseconds, '40ms', 40],
    [parseMilliseconds, '1.5s', 1500],
    [parsePercent, '2%', 2],
    [parsePercent, '0.5', 0.5],
    [parseRate, '10', 10],
    [parseRate, '1gbit', 1000],
    [parseRate, '500kbit', 0.5],
  ];
  test.each(right)('%o of %s is %d', (parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  const wrong: [(text: string) => number, string][] = [
    [parseMilliseconds, '-1'],
    [parseMilliseconds, '4 weeks'],
    [parsePercent, '101'],
    [parseRate, '0'],
    [parseRate, 'fast'],
  ];
  test.each(wrong)('%o refuses %s', (parse, text) => {
    expect(() => parse(text)).toThrow(/expected/);
  });
});

describe("a scenario's options", () => {
  test('are words in pairs or with an equals sign', () => {
    expect(parseScenarioWords(['--pop', 'pop-fra', '--how=clean'])).toEqual({ pop: 'pop-fra', how: 'clean' });
  });
  test.each([[['pop-fra']], [['--pop']], [['-p', 'x']]])('%j is wrong usage', (words) => {
    expect(() => parseScenarioWords(words)).toThrow(/scenario list/);
  });
});

test('an explanation is told in full, whatever is in it', () => {
  const text = explanationText('pop-fra', 'www.cdn.test', '100.64.3.7', {
    reason: 'nearest-healthy',
    location: { city: 'Lagos', coordinates: { latitude: 6, longitude: 3 } },
    candidates: [{ pop: 'pop-fra', rttMs: 110, health: { state: 'up' } }],
    answer: ['www.cdn.test. 20 IN A 203.0.113.2'],
    nothing: null,
  });
  expect(text).toBe(`pop-fra on www.cdn.test for 100.64.3.7:
  reason: nearest-healthy
  location:
    city: Lagos
    coordinates:
      latitude: 6
      longitude: 3
  candidates:
    - pop pop-fra, rttMs 110, health state up
  answer:
    - www.cdn.test. 20 IN A 203.0.113.2`);
});
