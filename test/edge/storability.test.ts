import { describe, expect, it } from 'vitest';
import type { CachingRules } from '../../src/edge/freshness-rules.ts';
import { storability } from '../../src/edge/storability.ts';

const NOW = Date.UTC(2026, 10, 21);
const cc = (value: string) => ['Cache-Control', value];

describe('storability', () => {
  it.each<[string, string, string[], number, string[], string]>([
    ['a fresh response', 'GET', [], 200, cc('max-age=60'), 'stored'],
    ['a fresh 404', 'GET', [], 404, cc('max-age=60'), 'stored'],
    ['one with a validator only', 'GET', [], 200, ['ETag', '"a"'], 'stored'],
    ['no-cache with a validator', 'GET', [], 200, [...cc('no-cache'), 'ETag', '"a"'], 'stored'],
    ['one that may be served stale', 'GET', [], 200, cc('max-age=0, stale-if-error=60'), 'stored'],
    ['one without freshness or validator', 'GET', [], 200, [], 'no-freshness'],
    ['POST', 'POST', [], 200, cc('max-age=60'), 'method'],
    ['a status nobody knows', 'GET', [], 299, cc('max-age=60'), 'stored'],
    ['a status nobody knows, unsaid', 'GET', [], 299, ['ETag', '"a"'], 'no-freshness'],
    ['must-understand and not understood', 'GET', [], 299, cc('max-age=60, must-understand'), 'status'],
    ['429', 'GET', [], 429, cc('max-age=60'), 'status'],
    ['302 with a validator only', 'GET', [], 302, ['ETag', '"a"'], 'no-freshness'],
    ['302 that says public', 'GET', [], 302, [...cc('public'), 'ETag', '"a"'], 'stored'],
    [
      'one that is only guessed fresh',
      'GET',
      [],
      200,
      ['Last-Modified', 'Sat, 21 Nov 2020 00:00:00 GMT'],
      'stored',
    ],
    [
      'private about a cookie',
      'GET',
      [],
      200,
      [...cc('private="Set-Cookie", max-age=60'), 'Set-Cookie', 'a=b'],
      'stored',
    ],
    [
      'CDN-Cache-Control over no-store',
      'GET',
      [],
      200,
      [...cc('no-store'), 'CDN-Cache-Control', 'max-age=60'],
      'stored',
    ],
    [
      'CDN-Cache-Control no-store',
      'GET',
      [],
      200,
      [...cc('max-age=60'), 'CDN-Cache-Control', 'no-store'],
      'no-store',
    ],
    [
      'Authorization, public said to others',
      'GET',
      ['Authorization', 'x'],
      200,
      [...cc('public'), 'CDN-Cache-Control', 'max-age=60'],
      'authorization',
    ],
    ['206', 'GET', [], 206, cc('max-age=60'), 'partial'],
    ['no-store', 'GET', [], 200, cc('no-store, max-age=60'), 'no-store'],
    ['no-store with must-understand', 'GET', [], 200, cc('no-store, must-understand, max-age=60'), 'stored'],
    ['private', 'GET', [], 200, cc('private, max-age=60'), 'private'],
    ['private with a field name', 'GET', [], 200, cc('private="x", max-age=60'), 'stored'],
    ['private with what is no name', 'GET', [], 200, cc('private="x y", max-age=60'), 'private'],
    ["the client's no-store", 'GET', cc('no-store'), 200, cc('max-age=60'), 'request-no-store'],
    ['Authorization', 'GET', ['Authorization', 'x'], 200, cc('max-age=60'), 'authorization'],
    ['Authorization with public', 'GET', ['Authorization', 'x'], 200, cc('public, max-age=60'), 'stored'],
    ['Authorization with s-maxage', 'GET', ['Authorization', 'x'], 200, cc('s-maxage=60'), 'stored'],
    ['Set-Cookie', 'GET', [], 200, [...cc('public, max-age=60'), 'Set-Cookie', 'a=b'], 'set-cookie'],
    ['Vary: *', 'GET', [], 200, [...cc('max-age=60'), 'Vary', 'accept, *'], 'vary-star'],
  ])('%s', (_, method, request, status, response, expected) => {
    const verdict = storability(method, request, status, response, NOW);
    expect(verdict.store ? 'stored' : verdict.reason).toBe(expected);
  });

  it.each<[string, CachingRules, number, string[], string]>([
    ['Set-Cookie taken off', { strip: { responseSetCookie: true } }, 200, ['Set-Cookie', 'a=b'], 'stored'],
    ['Set-Cookie for everybody', { storeSetCookie: true }, 200, ['Set-Cookie', 'a=b'], 'stored'],
    ['Set-Cookie', {}, 200, ['Set-Cookie', 'a=b'], 'set-cookie'],
    ['503 with its own time', { ttl: { status: [{ from: 500, to: 599, seconds: 1 }] } }, 503, [], 'stored'],
    ['503 without', { ttl: { default: 60 } }, 503, [], 'no-freshness'],
    ['404 by default', { ttl: { default: 60 } }, 404, [], 'stored'],
  ])('with the route: %s', (_, rules, status, fields, expected) => {
    const cacheControl = status === 200 ? cc('max-age=60') : [];
    const verdict = storability('GET', [], status, [...cacheControl, ...fields], NOW, rules);
    expect(verdict.store ? 'stored' : verdict.reason).toBe(expected);
  });
});
