import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecisionRecord, explainDecision } from '../../src/edge/explain.ts';
import { openPrefixes, traceGate } from '../../src/edge/explain-config.ts';
import { asksForTrace, parseTraceHeader, traceHeaderValue } from '../../src/edge/explain-header.ts';
import { TraceLog } from '../../src/edge/explain-log.ts';
import { staleBecause } from '../../src/edge/explain-stale.ts';

const base: DecisionRecord = {
  id: 'r1',
  atMs: 0,
  request: { method: 'GET', authority: 'www.test', pathAndQuery: '/a?utm_x=1', clientAddress: '192.0.2.7' },
};
const texts = (record: Partial<DecisionRecord>) =>
  explainDecision({ ...base, ...record }).map(({ text }) => text);

describe('an explanation says in order', () => {
  test('of a hit: route, key, what gave the lifetime, how much is left', () => {
    const record: Partial<DecisionRecord> = {
      route: { name: 'static', pattern: '/a*' },
      key: {
        key: 'http://origin.test/a',
        pathAndQuery: '/a',
        droppedParameters: ['utm_x'],
        droppedFields: [],
      },
      lookup: { result: 'fresh', candidates: 1 },
      lifetime: { seconds: 60, from: 'max-age', field: 'cdn-cache-control', ageSeconds: 12.3 },
      encoding: { encoding: 'br', reason: 'negotiated' },
      status: 200,
      timings: { answeredMs: 0.123 },
    };
    expect(texts(record)).toEqual([
      '192.0.2.7 asks GET http://www.test/a?utm_x=1.',
      'Route static is the first that matches, by /a*.',
      'The key is http://origin.test/a. The origin is asked for /a. It does not see the parameters utm_x, which the key leaves out.',
      'The store has it, and it is fresh.',
      'Its lifetime is 60 s by max-age of its cdn-cache-control, which goes before Cache-Control; its age is 12 s, so 48 s are left.',
      'It goes out as br: negotiated.',
      'The client gets 200.',
      'Answered after 0.12 ms.',
    ]);
  });

  test('of a stale answer: why it may be', () => {
    const record: Partial<DecisionRecord> = {
      lookup: { result: 'expired', candidates: 1 },
      lifetime: { seconds: 10, from: 's-maxage', ageSeconds: 15 },
      stale: {
        served: false,
        cause: 'stale-if-error',
        because: staleBecause({ seconds: 0, reason: 's-maxage' }, 'stale-if-error'),
      },
      forward: { reason: 'stale', upstream: 'origin a', attempts: 2, failure: 'connection_refused' },
    };
    expect(texts(record).slice(1)).toEqual([
      'The store has it, and its lifetime is over.',
      'Its lifetime is 10 s by s-maxage of its Cache-Control; its age is 15 s, so it is stale since 5 s.',
      'It is not served stale (stale-if-error): s-maxage forbids it, since it brings proxy-revalidate with it (RFC 9111 section 5.2.2.10).',
      'It was sent to origin a (stale), in 2 attempts, which failed: connection_refused.',
    ]);
  });

  test('of a miss: who was asked and why it is not kept', () => {
    const record: Partial<DecisionRecord> = {
      route: { name: 'default' },
      lookup: { result: 'no variant for this accept', candidates: 2, varyNames: ['accept'] },
      forward: { reason: 'vary-miss', collapsed: true, status: 200 },
      storage: { stored: false, reason: 'set-cookie' },
    };
    expect(texts(record).slice(1)).toEqual([
      'No route matches: the origin’s own headers decide.',
      'The store has 2 variants of it, none for this client’s accept (Vary).',
      'It waited for another request that was on its way to the origin (vary-miss), which said 200.',
      'It is not stored: it sets a cookie; strip.responseSetCookie would take it off.',
    ]);
  });

  const bypasses: [string, string][] = [
    ['cookie:session', 'it has the cookie session'],
    ['path:/admin/*', 'its path matches /admin/*'],
    ['method', 'only GET and HEAD are cached'],
    ['authorization', 'it has Authorization'],
    ['something new', 'something new'],
  ];
  for (const [bypass, expected] of bypasses) {
    test(`of a bypass by ${bypass}: the rule`, () => {
      expect(texts({ bypass })[1]).toBe(`It goes past the cache: ${expected}.`);
    });
  }
});

describe('an explanation in a field', () => {
  test('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const steps = [{ about: 'key' as const, text }];
        const value = traceHeaderValue('r1', steps);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(parseTraceHeader(value)).toEqual({ id: 'r1', steps });
      }),
    );
  });

  test('is bounded, and says so', () => {
    const steps = Array.from({ length: 50 }, () => ({
      about: 'key' as const,
      text: 'ä'.repeat(1000),
      data: {},
    }));
    const value = traceHeaderValue('r1', steps);
    expect(value.length).toBeLessThanOrEqual(6144);
    expect(parseTraceHeader(value)).toMatchObject({ truncated: true });
  });

  test('that is none is taken for none', () => {
    for (const value of ['', '1', 'null', '{}', '{"id":1,"steps":[]}', '{"id":"a","steps":[1]}']) {
      expect(parseTraceHeader(value)).toBeUndefined();
    }
  });

  test('is given to who asks by the right word and comes from the right place', () => {
    expect(asksForTrace(['x-catchment-trace', ' 1 '])).toBe(true);
    expect(asksForTrace(['X-Catchment-Trace', 'yes'])).toBe(false);
    const mayTrace = traceGate(['127.0.0.0/8', '::1/128', '2001:db8::/32']);
    expect(['127.0.0.1', '::ffff:127.0.0.9', '::1', '2001:db8::5'].map(mayTrace)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['192.0.2.1', '::2', '::ffff:192.0.2.1', 'unknown', ''].map(mayTrace)).not.toContain(true);
    expect(openPrefixes(['0.0.0.0/0', '10.0.0.0/8'])).toEqual(['0.0.0.0/0']);
  });
});

test('the last explanations are kept, and one may still grow', () => {
  const log = new TraceLog(2);
  const grows: DecisionRecord = { ...base, id: 'c' };
  for (const id of ['a', 'b']) log.add({ ...base, id });
  log.add(grows);
  grows.status = 200;
  expect(log.get('a')).toBeUndefined();
  expect(log.ids(5)).toEqual(['c', 'b']);
  expect(log.get('c')?.steps.at(-1)?.text).toBe('The client gets 200.');
  const none = new TraceLog(0);
  none.add(base);
  expect(none.ids(1)).toEqual([]);
});
