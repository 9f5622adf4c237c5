import { describe, expect, it } from 'vitest';
import { parseCacheControl } from '../../src/edge/cache-control.ts';
import { fieldValue } from '../../src/edge/fields.ts';
import {
  currentAgeSeconds,
  freshnessLifetime,
  initialAgeSeconds,
  staleAllowanceSeconds,
  ttlSeconds,
} from '../../src/edge/freshness.ts';
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
    ['no guess from Last-Modified', ['Last-Modified', 'Fri, 20 Nov 2026 12:00:00 GMT'], 0, 'none'],
    ['s-maxage that is no number is 0', ['Cache-Control', 'max-age=10, s-maxage=x'], 0, 's-maxage'],
  ])('%s', (_, fields, seconds, from) => {
    const all = [...DATE, ...fields];
    const cacheControl = parseCacheControl(fieldValue(all, 'cache-control'));
    expect(freshnessLifetime(all, cacheControl, NOW)).toEqual({ seconds, from });
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
});

describe('parseHttpDate', () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', expected],
    ['Sunday, 06-Nov-94 08:49:37 GMT', expected],
    ['Sun Nov  6 08:49:37 1994', expected],
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
