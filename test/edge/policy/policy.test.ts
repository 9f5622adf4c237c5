import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAcceptEncoding } from '../../../src/edge/policy/accept-encoding.ts';
import { bestLanguage } from '../../../src/edge/policy/accept-language.ts';
import { bypassReason } from '../../../src/edge/policy/bypass.ts';
import { deviceClass } from '../../../src/edge/policy/device-class.ts';
import { cacheableView } from '../../../src/edge/policy/origin-view.ts';
import { type RouteInput, resolveRoutes } from '../../../src/edge/policy/policy-config.ts';
import { parseWeighted } from '../../../src/edge/policy/quality-values.ts';
import { requestCookies } from '../../../src/edge/policy/request-cookies.ts';
import type { RoutePolicy } from '../../../src/edge/policy/route-policy.ts';
import { type VariantReport, VariantWatch } from '../../../src/edge/policy/variant-watch.ts';
import { secondaryKey } from '../../../src/edge/vary.ts';

/** As the pipeline compares variants: by what the origin was sent. */
const variantKey = (policy: RoutePolicy, names: readonly string[], fields: string[]) =>
  secondaryKey(names, cacheableView(policy, fields));

const route = (input: RouteInput = {}) => resolveRoutes([input])[0] as RoutePolicy;

describe('Accept-Encoding becomes one of a few texts', () => {
  const cases: [string | undefined, string | undefined][] = [
    ['gzip, deflate, br, zstd', 'br,zstd,gzip'],
    ['zstd;q=0.1, GZIP', 'zstd,gzip'],
    ['gzip;q=0', undefined],
    ['*', 'br,zstd,gzip'],
    ['*, br;q=0', 'zstd,gzip'],
    ['gzip, identity;q=0', 'gzip,identity;q=0'],
    ['gzip, *;q=0', 'gzip,identity;q=0'],
    ['x-gzip', 'gzip'],
    ['br;q=1.001, gzip;q=, zstd;q=x', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [given, expected] of cases) {
    test(`${given} is ${expected}`, () => expect(canonicalAcceptEncoding(given)).toBe(expected));
  }
});

describe('Accept-Language becomes the best of the site’s', () => {
  const cases: [string | undefined, string][] = [
    ['de', 'de'],
    ['de-CH, en;q=0.9', 'de'],
    ['fr, de;q=0.5, en;q=0.8', 'en'],
    ['pt', 'pt-BR'],
    ['PT-br', 'pt-BR'],
    ['fr', 'en'],
    ['*', 'en'],
    ['en;q=0, *', 'de'],
    ['en;q=0', 'de'],
    ['nonsense;;;,,', 'en'],
    [undefined, 'en'],
  ];
  for (const [given, expected] of cases) {
    test(`${given} is ${expected}`, () => expect(bestLanguage(given, ['en', 'de', 'pt-BR'])).toBe(expected));
  }
  test('whatever a client sends, it is one of them', () => {
    const languages = ['en', 'de'];
    fc.assert(fc.property(fc.string(), (text) => languages.includes(bestLanguage(text, languages))));
  });
});

test('weights are read as written, and nonsense is left out', () => {
  expect(parseWeighted('a;q=0.5,b ; Q=1.000, c;x=1;q=0,d e,;q=1,f;q=2')).toEqual([
    { value: 'a', weight: 0.5 },
    { value: 'b', weight: 1 },
    { value: 'c', weight: 0 },
  ]);
  fc.assert(
    fc.property(fc.string(), (text) => parseWeighted(text).every(({ weight }) => weight >= 0 && weight <= 1)),
  );
});

describe('the device class', () => {
  const cases: [string | undefined, string][] = [
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36', 'desktop'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15', 'desktop'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1', 'mobile'],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/131.0 Mobile Safari/537.36', 'mobile'],
    ['Mozilla/5.0 (Linux; Android 14; SM-X900) Chrome/131.0 Safari/537.36', 'tablet'],
    ['Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) Mobile/15E148 Safari/604.1', 'tablet'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
    ['Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Mobile Safari/537.36 (compatible; Googlebot/2.1)', 'bot'],
    ['curl/8.5.0', 'bot'],
    ['', 'bot'],
    [undefined, 'bot'],
  ];
  for (const [userAgent, expected] of cases) {
    test(`of ${userAgent} is ${expected}`, () => expect(deviceClass(userAgent)).toBe(expected));
  }
});

describe('variants', () => {
  const policy = route({
    vary: { normalise: { 'accept-encoding': true, 'accept-language': ['en', 'de'] }, ignore: ['User-Agent'] },
  });
  const names = ['accept-encoding', 'accept-language'];
  test('share what is normalised and ignored', () => {
    const one = variantKey(policy, names, ['Accept-Encoding', 'br, gzip', 'Accept-Language', 'de-AT']);
    const other = ['accept-encoding', 'gzip;q=0.8,br', 'Accept-Language', 'de', 'User-Agent', 'x'];
    expect(variantKey(policy, names, other)).toBe(one);
    expect(variantKey(policy, names, ['accept-encoding', 'gzip', 'Accept-Language', 'de'])).not.toBe(one);
  });
  test('of a route that compresses do not differ by Accept-Encoding', () => {
    const compressing = route({ compress: true });
    const keys = ['br', 'gzip', ''].map((value) =>
      variantKey(compressing, ['accept-encoding'], ['Accept-Encoding', value]),
    );
    expect(new Set(keys).size).toBe(1);
  });
  test('that explode are told once, those that do not never', () => {
    const told: VariantReport[] = [];
    const watch = new VariantWatch((report) => told.push(report), 7);
    for (let i = 0; i < 200; i++) {
      watch.missed('http://a/exploding', `agent ${i}`, ['user-agent'], 16);
      watch.missed('http://a/calm', `encoding ${i % 3}`, ['accept-encoding'], 16);
      watch.missed(`http://a/${i}`, '', [], 16);
    }
    expect(told.map(({ key }) => key)).toEqual(['http://a/exploding']);
    const [worst] = watch.report(1);
    expect(worst?.distinct).toBeGreaterThan(150);
    expect(worst?.distinct).toBeLessThan(260);
  });
});

describe('requests go past the cache', () => {
  const policy = route({
    bypass: {
      cookies: ['sess*'],
      methods: ['head'],
      paths: ['/admin/*'],
      headers: ['X-Preview'],
      authorization: true,
    },
  });
  const cases: [string, string, string[], string | undefined][] = [
    ['GET', '/', ['Cookie', 'a=1; session=2'], 'cookie:session'],
    ['GET', '/', ['Cookie', 'a=sess; b=session'], undefined],
    ['HEAD', '/', [], 'method:HEAD'],
    ['GET', '/admin/x?y', [], 'path:/admin/*'],
    ['GET', '/x/%2e%2e/admin/y', [], 'path:/admin/*'],
    ['GET', '/', ['x-preview', ''], 'header:x-preview'],
    ['GET', '/', ['Authorization', 'x'], 'authorization'],
    ['GET', '/', [], undefined],
  ];
  for (const [method, pathAndQuery, fields, expected] of cases) {
    test(`${method} ${pathAndQuery} ${fields.join(': ')}: ${expected}`, () => {
      expect(bypassReason(policy, { method, pathAndQuery, fields })).toBe(expected);
    });
  }
  test('all of them where told', () => {
    expect(bypassReason(route({ bypass: true }), { method: 'GET', pathAndQuery: '/', fields: [] })).toBe(
      'route',
    );
  });
});

test('cookies are read as browsers send them, over several fields', () => {
  const fields = ['Cookie', ' a=1;b="x;y" ; c', 'X', 'a=2', 'cookie', 'a=b=c;;'];
  expect(requestCookies(fields).map(({ name, value }) => `${name}:${value}`)).toEqual([
    'a:1',
    'b:"x',
    'y":',
    'c:',
    'a:b=c',
  ]);
});
