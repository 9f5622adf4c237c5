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

test('an explanation tells the answer, why, and why each POP was passed over', () => {
  const stateOf = (pop: string) => ({
    pop,
    health: 'up' as const,
    usable: true,
    sinceMs: Date.parse('2026-11-21T06:12:03Z'),
    reason: 'HTTP 200',
    secondsToChange: 2,
    shedFraction: 0,
  });
  const text = explanationText('pop-fra', '100.64.3.7', {
    question: { name: 'www.cdn.test.', type: 'A' },
    client: { network: '100.64.3.0/24', from: 'ecs' },
    rcode: 'NOERROR',
    reason: 'lowest-rtt-healthy',
    decision: {
      policy: 'latency',
      pops: ['pop-fra'],
      reason: 'lowest-rtt-healthy',
      detail: 'by RTT measured to the client network by 2 of 2 POPs',
      geoip: {
        database: 'GeoLite2-City',
        prefix: '100.64.3.0/24',
        location: { precision: 'city', city: 'Lagos', country: 'NG', reason: 'city-record' },
      },
      steps: ["RTTs measured to the client's prefix by 1 POPs"],
      candidates: [
        {
          name: 'pop-fra',
          kind: 'pop',
          distanceKm: 4880,
          rttMs: 114.32,
          rttAgeSeconds: 5,
          rttStale: false,
          state: stateOf('pop-fra'),
          verdict: 'chosen',
        },
        {
          name: 'pop-jnb',
          kind: 'pop',
          distanceKm: 4501,
          state: stateOf('pop-jnb'),
          verdict: 'spare',
          passedOver: 'ranked after pop-fra',
        },
      ],
      ttl: '20 s, fixed by the rule',
      scope: '/24 from the RTT table',
    },
    ttlSeconds: 20,
    scopePrefixLength: 24,
    answer: ['www.cdn.test. 20 IN A 203.0.113.2'],
    authority: [],
  });
  expect(text).toBe(`www.cdn.test. A for 100.64.3.7, asked of pop-fra:
  answer:   www.cdn.test. 20 IN A 203.0.113.2
  why:      lowest-rtt-healthy, by RTT measured to the client network by 2 of 2 POPs (policy latency)
  client:   100.64.3.0/24, known by EDNS Client Subnet; GeoIP says Lagos, NG of 100.64.3.0/24
  good for: clients with the same first 24 bits (ECS scope: /24 from the RTT table)
  TTL:      20 s, fixed by the rule

  - RTTs measured to the client's prefix by 1 POPs

  POP      RTT ms  AGE s    KM  HEALTH                       PASSED OVER
  pop-fra   114.3      5  4880  up since 06:12:03, HTTP 200
  pop-jnb       -      -  4501  up since 06:12:03, HTTP 200  ranked after pop-fra`);
});
