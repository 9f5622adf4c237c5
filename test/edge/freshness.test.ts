import { describe, expect, it } from 'vitest';
import { parseCacheControl } from '../../src/edge/cache-control.ts';
import { fieldValue } from '../../src/edge/fields.ts';
import {
  currentAgeSeconds,
  freshnessLifetime,
  initialAgeSeconds,
  ttlSeconds,
} from '../../src/edge/freshness.ts';
import type { CachingRules } from '../../src/edge/freshness-rules.ts';
import { staleAllowance, staleAllowanceSeconds } from '../../src/edge/freshness-stale.ts';
import { parseHttpDate } from '../../src/edge/http-date.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const DATE = ['Date', 'Sat, 21 Nov 2026 12:00:00 GMT'];

describe('freshness lifetime', () => {
  it.each([
    ['s-maxage before max-age', ['Cache-Control', 'max-age=10, s-maxage=20'], 20, 's-maxage'],
    [
      'max-age before Expires',
      ['Cache-Control', 'max-age=10', 'Expires', 'Sat, 21 Nov 2026 13:00:00 GMT'],
      10,
      'max-age',
    ],
    ['Expires minus Date', ['Expires', 'Sat, 21 Nov 2026 13:00:00 GMT'], 3600, 'expires'],
    ['Expires in the past', ['Expires', 'Sat, 21 Nov 2026 11:00:00 GMT'], 0, 'expires'],
    ['Expires: 0', ['Expires', '0'], 0, 'expires'],
    ['a tenth of its age', ['Last-Modified', 'Sat, 21 Nov 2026 11:00:00 GMT'], 360, 'heuristic'],
    ['an hour at most', ['Last-Modified', 'Sat, 21 Nov 2020 11:00:00 GMT'], 3600, 'heuristic'],
    ['nothing from the future', ['Last-Modified', 'Sat, 21 Nov 2026 13:00:00 GMT'], 0, 'none'],
    ['nothing at all', [], 0, 'none'],
    [
      'two Expires are no date',
      ['Expires', 'Sat, 21 Nov 2026 13:00:00 GMT', 'Expires', 'Sat, 21 Nov 2026 13:00:00 GMT'],
      0,
      'expires',
    ],
    ['no Date: Expires minus arrival', ['Expires', 'Sat, 21 Nov 2026 13:00:00 GMT'], 3600, 'expires'],
    ['s-maxage that is no number is 0', ['Cache-Control', 'max-age=10, s-maxage=x'], 0, 's-maxage'],
  ])('%s', (_, fields, seconds, from) => {
    const all = [...DATE, ...fields];
    const cacheControl = parseCacheControl(fieldValue(all, 'cache-control'));
    expect(freshnessLifetime(all, cacheControl, NOW)).toEqual({ seconds, from });
  });
});

describe("the route's word", () => {
  const lifetime = (fields: string[], rules: CachingRules, status = 200) => {
    const cacheControl = parseCacheControl(fieldValue(fields, 'cache-control'));
    return freshnessLifetime([...DATE, ...fields], cacheControl, NOW, status, rules);
  };
  const old = ['Last-Modified', 'Sat, 21 Nov 2020 11:00:00 GMT'];
  const negative = {
    status: [
      { from: 404, to: 404, seconds: 10 },
      { from: 500, to: 599, seconds: 1 },
    ],
  };

  it.each<[string, string[], CachingRules, number, object]>([
    ['default', [], { ttl: { default: 60 } }, 200, { seconds: 60, from: 'route-default' }],
    ['default before a guess', old, { ttl: { default: 60 } }, 200, { seconds: 60, from: 'route-default' }],
    ['default not for a 500', [], { ttl: { default: 60 } }, 500, { seconds: 0, from: 'none' }],
    ['no guess', old, { ttl: { heuristic: false } }, 200, { seconds: 0, from: 'none' }],
    ['404', [], { ttl: negative }, 404, { seconds: 10, from: 'route-status' }],
    ['5xx', [], { ttl: negative }, 503, { seconds: 1, from: 'route-status' }],
    [
      '404 that says more',
      ['Cache-Control', 'max-age=5'],
      { ttl: negative },
      404,
      { seconds: 5, from: 'max-age' },
    ],
    [
      'min',
      ['Cache-Control', 'max-age=5'],
      { ttl: { min: 9 } },
      200,
      { seconds: 9, from: 'max-age', bounded: 'min' },
    ],
    [
      'max',
      ['Cache-Control', 'max-age=5'],
      { ttl: { max: 2 } },
      200,
      { seconds: 2, from: 'max-age', bounded: 'max' },
    ],
  ])('%s', (_, fields, rules, status, expected) => {
    expect(lifetime(fields, rules, status)).toEqual(expected);
  });
});

describe('age', () => {
  it.each([
    ['Age of a cache before us', [...DATE, 'Age', '30'], 0, 30],
    ['plus the time the answer took', [...DATE, 'Age', '30'], 2000, 32],
    ['an old Date', ['Date', 'Sat, 21 Nov 2026 11:59:00 GMT'], 0, 60],
    ['a Date in the future', ['Date', 'Sat, 21 Nov 2026 12:59:00 GMT'], 0, 0],
    ['the first of a list', [...DATE, 'Age', '30, 90'], 0, 30],
    ['nothing from what is no number', [...DATE, 'Age', '-5'], 0, 0],
    ['nothing from a decimal', [...DATE, 'Age', '5.5'], 0, 0],
    ['nothing from a parameter', [...DATE, 'Age', '50;x=1'], 0, 0],
    ['the first of two lines', [...DATE, 'Age', '30', 'Age', '0'], 0, 30],
    ['nothing when the first is garbage', [...DATE, 'Age', 'x, 30'], 0, 0],
    ['at most 2^31', [...DATE, 'Age', '99999999999999999999'], 0, 2 ** 31],
  ])('counts %s', (_, fields, delayMs, age) => {
    expect(initialAgeSeconds(fields, NOW - delayMs, NOW)).toBe(age);
  });

  it('grows while stored, and ttl falls below zero', () => {
    const stored = { initialAgeSeconds: 5, responseTimeMs: NOW, lifetimeSeconds: 10 };
    expect(currentAgeSeconds(stored, NOW + 3000)).toBe(8);
    expect([0, 4500, 5000, 9000].map((ms) => ttlSeconds(stored, NOW + ms))).toEqual([5, 1, 0, -4]);
  });
});

describe('stale allowance', () => {
  it.each([
    ['stale-if-error=30', 30],
    ['stale-if-error=30, must-revalidate', 0],
    ['stale-if-error=30, proxy-revalidate', 0],
    ['stale-if-error=30, s-maxage=5', 0],
    ['stale-if-error=30, no-cache', 0],
    ['max-age=5', 0],
  ])('%s allows %d seconds', (text, seconds) => {
    expect(staleAllowanceSeconds(parseCacheControl(text), 'stale-if-error')).toBe(seconds);
  });

  it.each<[string, CachingRules['stale'], object]>([
    ['max-age=5', { ifError: 60 }, { seconds: 60, reason: 'route' }],
    ['stale-if-error=30', { ifError: 60 }, { seconds: 30, reason: 'response' }],
    ['s-maxage=5', { ifError: 60 }, { seconds: 0, reason: 's-maxage' }],
    [
      's-maxage=5, stale-if-error=30',
      { override: true },
      { seconds: 30, reason: 'response', overrides: 's-maxage' },
    ],
    ['max-age=5, no-cache="x"', { ifError: 60 }, { seconds: 60, reason: 'route' }],
    ['max-age=5', {}, { seconds: 0, reason: 'nobody' }],
  ])('%s with the route saying %j', (text, stale, expected) => {
    expect(staleAllowance(parseCacheControl(text), 'stale-if-error', { stale })).toEqual(expected);
  });
});

describe('parseHttpDate', () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', expected],
    ['Sunday, 06-Nov-94 08:49:37 GMT', expected],
    ['Sun Nov  6 08:49:37 1994', expected],
    ['sun, 06 nov 1994 08:49:37 gmt', expected],
    ['SUNDAY, 06-NOV-94 08:49:37 GMT', expected],
    ['Tuesday, 06-Nov-57 08:49:37 GMT', Date.UTC(2057, 10, 6, 8, 49, 37)],
    ['Saturday, 21-Nov-76 12:00:00 GMT', Date.UTC(2076, 10, 21, 12, 0, 0)],
    ['Saturday, 21-Nov-76 12:00:01 GMT', Date.UTC(1976, 10, 21, 12, 0, 1)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Sun, 06 Nov 0050 08:49:37 GMT', undefined],
    ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 8:49:37 GMT', undefined],
    ['Sun 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0000', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun, 31 Feb 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:49:37 GMT', undefined],
    ['1994-11-06', undefined],
    ['3600', undefined],
    ['', undefined],
  ])('%s', (text, ms) => {
    expect(parseHttpDate(text, NOW)).toBe(ms);
  });
});
