import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeySite, keyedTarget, requestKey, urlOfKey } from '../../../src/edge/cache-key.ts';
import { fieldValue } from '../../../src/edge/fields.ts';
import { cacheableView } from '../../../src/edge/policy/origin-view.ts';
import { type RouteInput, resolveRoutes } from '../../../src/edge/policy/policy-config.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from '../../../src/edge/policy/route-policy.ts';
import { secondaryKey } from '../../../src/edge/vary.ts';

const site: KeySite = { originHost: 'origin.test', forwardHost: false };

function route(input: RouteInput = {}): RoutePolicy {
  return resolveRoutes([input])[0] as RoutePolicy;
}

function keyOf(policy: RoutePolicy, pathAndQuery: string, fields: string[] = [], authority = 'www.test') {
  return requestKey(policy, { authority, pathAndQuery, fields }, site);
}

describe('what the origin is asked for, and the key is made of', () => {
  const cases: [string, RouteInput['key'], string, string][] = [
    ['decodes what needs no encoding', {}, '/a%7Eb%2Fc%2fd', '/a~b%2Fc%2Fd'],
    ['resolves dot segments', {}, '/a/./b/../c', '/a/c'],
    ['resolves encoded dot segments', {}, '/a/%2e%2E/c', '/c'],
    ['never leaves the root', {}, '/../../c', '/c'],
    ['keeps empty segments', {}, '/a//b', '/a//b'],
    ['keeps the case of paths', {}, '/A%c3%a4', '/A%C3%A4'],
    ['lowers it where told', { path: { lowerCase: true } }, '/A%c3/B?X=Y', '/a%C3/b?X=Y'],
    ['leaves all as it is where told', { path: { normalise: false } }, '/a/../%7e', '/a/../%7e'],
    ['drops parameters by pattern', { query: { drop: ['utm_*'] } }, '/?utm_a=1&b=2&utm_c', '/?b=2'],
    ['drops the question mark with the last', { query: { drop: ['*'] } }, '/a?b=1', '/a'],
    ['keeps only what is kept', { query: { keep: ['v', 'p*'] } }, '/?v=1&w=2&page=3', '/?v=1&page=3'],
    ['drops of what is kept', { query: { keep: ['p*'], drop: ['pw'] } }, '/?page=3&pw=x', '/?page=3'],
    ['knows an encoded name', { query: { drop: ['utm_a'] } }, '/?utm%5fa=1&b=2', '/?b=2'],
    ['knows no parameter at all', { query: false }, '/a?b=2', '/a'],
    ['sorts by name, stable', { query: { sort: true } }, '/?b=1&a=2&b=0&a=1', '/?a=2&a=1&b=1&b=0'],
    ['takes broken encoding as it is', { query: { drop: ['a'] } }, '/?%ff=1&a', '/?%FF=1'],
    ['takes a semicolon for no separator', { query: { drop: ['u'] } }, '/?u=1;x=2&y=3', '/?y=3'],
    ['keeps a second question mark', { query: { sort: true } }, '/?b=?&a', '/?a&b=?'],
  ];
  for (const [what, key, target, expected] of cases) {
    test(`${what}: ${target}`, () => {
      expect(keyedTarget(route({ key }), target)).toBe(expected);
      expect(keyOf(route({ key }), target)).toMatchObject({
        key: `http://origin.test${expected}`,
        pathAndQuery: expected,
      });
    });
  }

  test('without a route is byte for byte what the client asked', () => {
    expect(keyOf(DEFAULT_ROUTE, '/a/../%7e?b&a').key).toBe('http://origin.test/a/../%7e?b&a');
  });
});

describe('the rest of the key', () => {
  test('has headers, cookies and the device class after the URL, absent ones as null', () => {
    const policy = route({ key: { headers: ['X-Tier', 'accept'], cookies: ['ab', 'no'], device: true } });
    const fields = ['x-tier', ' gold ', 'Cookie', 'ab=1; ab=2', 'User-Agent', 'iPhone Mobile'];
    const { key } = keyOf(policy, '/a', fields);
    expect(key).toBe(
      'http://origin.test/a [["x-tier","gold"],["accept",null],["cookie:ab",["1","2"]],["cookie:no",null],["device","mobile"]]',
    );
    expect(urlOfKey(key)).toBe('http://origin.test/a');
  });

  const hosts: [string, boolean | undefined, boolean, string, string][] = [
    ['the origin’s name', undefined, false, 'http://origin.test/', 'origin.test'],
    ['the client’s where it is forwarded', undefined, true, 'http://www.test/', 'WWW.test:80'],
    ['the client’s where told', true, false, 'http://www.test/', 'origin.test'],
    ['the origin’s where told, which is then sent', false, true, 'http://origin.test/', 'origin.test'],
  ];
  for (const [what, host, forwardHost, key, sent] of hosts) {
    test(`names ${what}`, () => {
      const policy = route({ key: host === undefined ? {} : { host } });
      const request = { authority: 'WWW.test:80', pathAndQuery: '/', fields: [] };
      expect(requestKey(policy, request, { originHost: 'origin.test', forwardHost })).toEqual({
        key,
        pathAndQuery: '/',
        host: sent,
      });
    });
  }
});

// Requests of small alphabets, so that equal keys do happen.
const segment = fc.constantFrom('a', 'A', '%61', '%2F', '..', '%2e', '.', '', 'b;c', '%e4');
const parameter = fc.constantFrom('a', 'a=1', 'utm_x=1', 'b=2', 'utm%5Fx', 'a=1;b=2', '', '%62=2');
const target = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.option(fc.array(parameter, { maxLength: 3 })))
  .map(([path, query]) => `/${path.join('/')}${query === null ? '' : `?${query.join('&')}`}`);
const field = fc.constantFrom(
  ['Accept-Language', 'de'],
  ['Accept-Language', 'de-CH, en;q=0.1'],
  ['Accept-Encoding', 'gzip, br'],
  ['accept-encoding', 'br,gzip;q=0.5'],
  ['Cookie', 'ab=1; s=2'],
  ['Cookie', 'ab=1'],
  ['cookie', 'ab=", [x'],
  ['X-Tier', 'a","b'],
  ['X-Tier', 'a'],
  ['User-Agent', 'iPhone Mobile'],
  ['User-Agent', 'Firefox'],
  ['X-Forwarded-Host', 'evil.test'],
  ['X_Forwarded_Host', 'evil.test'],
  ['X-Device-Class', 'bot'],
  ['X-Whatever', 'reflected'],
);
const request = fc.record({
  authority: fc.constantFrom('www.test', 'WWW.test', 'b.test'),
  pathAndQuery: target,
  fields: fc.array(field, { maxLength: 4 }).map((fields) => fields.flat()),
});
/** Half of the pairs ask for one URL, or equal keys would hardly happen. */
const pair = fc
  .tuple(request, request, fc.boolean())
  .map(([one, other, alike]) => [one, alike ? { ...one, fields: other.fields } : other] as const);
const policy = fc
  .record({
    key: fc.record({
      query: fc.constantFrom({}, { drop: ['utm_*'] }, { keep: ['a'], sort: true }),
      headers: fc.subarray(['x-tier', 'accept-language']),
      cookies: fc.subarray(['ab']),
      device: fc.boolean(),
    }),
    vary: fc.record({
      normalise: fc.constantFrom({}, { 'accept-language': ['en', 'de'], 'accept-encoding': true }),
    }),
    strip: fc.record({ requestCookies: fc.boolean(), unkeyedHeaders: fc.constant(true) }),
  })
  .map((input) => route(input as RouteInput));

/** All that an origin could tell requests apart by. */
function asked(
  each: RoutePolicy,
  one: { authority: string; pathAndQuery: string; fields: string[] },
  where: KeySite,
) {
  const { host, pathAndQuery } = requestKey(each, one, where);
  const view = cacheableView(each, one.fields);
  const names = [...new Set(view.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()))].sort();
  return JSON.stringify([
    host.toLowerCase(),
    pathAndQuery,
    names.map((name) => [name, fieldValue(view, name)]),
  ]);
}

describe('for any two requests and any policy', () => {
  const sites = fc.boolean().map((forwardHost): KeySite => ({ originHost: 'origin.test', forwardHost }));

  test('equal keys and variants mean that the origin is asked the very same', () => {
    const names = ['accept-encoding', 'accept-language'];
    fc.assert(
      fc.property(policy, sites, pair, (each, where, [one, other]) => {
        const same =
          requestKey(each, one, where).key === requestKey(each, other, where).key &&
          secondaryKey(names, cacheableView(each, one.fields)) ===
            secondaryKey(names, cacheableView(each, other.fields));
        if (same) expect(asked(each, one, where)).toBe(asked(each, other, where));
      }),
      { numRuns: 1500 },
    );
  });

  test('another resource has another key', () => {
    fc.assert(
      fc.property(policy, sites, pair, (each, where, [one, other]) => {
        const a = requestKey(each, one, where);
        const b = requestKey(each, other, where);
        if (a.pathAndQuery !== b.pathAndQuery || a.host.toLowerCase() !== b.host.toLowerCase()) {
          expect(a.key).not.toBe(b.key);
          expect(urlOfKey(a.key)).not.toBe(urlOfKey(b.key));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('asking for what the origin was asked gives the same key again', () => {
    fc.assert(
      fc.property(policy, request, (each, one) => {
        const { key, pathAndQuery } = requestKey(each, one, site);
        expect(requestKey(each, { ...one, pathAndQuery }, site).key).toBe(key);
      }),
    );
  });
});
