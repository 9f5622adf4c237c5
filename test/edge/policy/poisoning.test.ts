// Known attacks by unkeyed input, one a line: what a client adds to a request must neither reach the origin unkeyed nor be
// stored for others.

import { describe, expect, test } from 'vitest';
import { requestKey } from '../../../src/edge/cache-key.ts';
import { fieldValue } from '../../../src/edge/fields.ts';
import { bypassReason } from '../../../src/edge/policy/bypass.ts';
import { cacheableView, passedView } from '../../../src/edge/policy/origin-view.ts';
import { type RouteInput, resolveRoutes } from '../../../src/edge/policy/policy-config.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from '../../../src/edge/policy/route-policy.ts';
import { storability } from '../../../src/edge/storability.ts';

const route = (input: RouteInput = {}) => resolveRoutes([input])[0] as RoutePolicy;
const site = { originHost: 'origin.test', forwardHost: false };

describe('fields that origins believe do not reach them', () => {
  const attacks: [string, string, string][] = [
    ['a script from another host', 'X-Forwarded-Host', 'evil.test'],
    ['the same for CGI and WSGI', 'X_Forwarded_Host', 'evil.test'],
    ['the same in its standard form', 'Forwarded', 'host=evil.test;proto=https'],
    ['the same by other names', 'X-Host', 'evil.test'],
    ['', 'X-Forwarded-Server', 'evil.test'],
    ['', 'X-HTTP-Host-Override', 'evil.test'],
    ['', 'X-Original-Host', 'evil.test'],
    ['a redirect without end', 'X-Forwarded-Scheme', 'http'],
    ['', 'X-Forwarded-Proto', 'http'],
    ['a link to a port nobody listens on', 'X-Forwarded-Port', '1234'],
    ['links with a foreign path', 'X-Forwarded-Prefix', '//evil.test'],
    ['another page under this URL', 'X-Original-URL', '/admin'],
    ['', 'X-Rewrite-URL', '/admin'],
    ['another method behind a GET', 'X-HTTP-Method-Override', 'POST'],
    ['', 'X-HTTP-Method', 'DELETE'],
    ['', 'X_Method_Override', 'HEAD'],
    ['an address that may see more', 'X-Real-IP', '127.0.0.1'],
    ['', 'True-Client-IP', '127.0.0.1'],
    ['httpoxy', 'Proxy', 'http://evil.test'],
    ['middleware that is skipped', 'X-Middleware-Subrequest', 'middleware'],
    ['a page without its body', 'X-Middleware-Prefetch', '1'],
    ['a class of devices that it is not', 'X-Device-Class', 'bot'],
  ];
  for (const [what, name, value] of attacks) {
    test(`${name}${what ? `: ${what}` : ''}`, () => {
      for (const policy of [DEFAULT_ROUTE, route(), route({ strip: { unkeyedHeaders: true } })]) {
        expect(cacheableView(policy, [name, value, 'Accept', 'a'])).not.toContain(value);
      }
      expect(passedView(DEFAULT_ROUTE, [name, value], 'GET')).toEqual([]);
    });
  }

  test('unless the route keys by them', () => {
    const policy = route({ key: { headers: ['X-Forwarded-Proto'] } });
    const fields = ['X-Forwarded-Proto', 'https'];
    expect(cacheableView(policy, fields)).toEqual(fields);
    expect(requestKey(policy, { authority: 'a', pathAndQuery: '/', fields }, site).key).toContain('https');
  });

  test('a POST may still say which method it stands for', () => {
    expect(passedView(DEFAULT_ROUTE, ['X-HTTP-Method-Override', 'PUT'], 'POST')).toHaveLength(2);
  });
});

describe('parameters that the key leaves out leave the request too', () => {
  const attacks: [string, string, string][] = [
    ['an unkeyed parameter', '/?utm_content="><script>', '/'],
    ['parameter cloaking by a semicolon', '/?cb=ok&utm_content=x;cb=evil', '/?cb=ok'],
    ['a name that is encoded', '/?cb=ok&utm%5fcontent=1', '/?cb=ok'],
    ['a name without a value', '/?utm_content', '/'],
    ['a second question mark', '/?cb=ok&utm_content=?cb=evil', '/?cb=ok'],
  ];
  for (const [what, target, expected] of attacks) {
    test(what, () => {
      const policy = route({ key: { query: { drop: ['utm_*'] } } });
      const asked = {
        authority: 'a',
        pathAndQuery: target.replace(/["<>]/g, encodeURIComponent),
        fields: [],
      };
      expect(requestKey(policy, asked, site).pathAndQuery).toBe(expected);
    });
  }
});

describe('a route that gives lifetimes of its own is not deceived into storing somebody’s page', () => {
  const deceived: [string, string][] = [
    ['an encoded way up', '/static/..%2faccount'],
    ['with a backslash', '/static/..%5caccount'],
    ['encoded twice', '/static/%252e%252e%252faccount'],
    ['dots and slash both encoded', '/static/%2e%2e%2faccount'],
    ['a path parameter after the dots', '/static/..;/%2faccount'],
    ['a NUL before the extension', '/account%00.css'],
    ['a line break before it', '/account%0a.css'],
  ];
  const policy = route({ ttl: { default: 60 } });
  for (const [what, pathAndQuery] of deceived) {
    test(what, () => {
      expect(bypassReason(policy, { method: 'GET', pathAndQuery, fields: [] })).toBe('ambiguous-path');
    });
  }
  for (const pathAndQuery of ['/static/a%2Fb', '/a%20b', '/..%41', '/static/a..b%2Fc', '/100%25']) {
    test(`${pathAndQuery} is harmless`, () => {
      expect(bypassReason(policy, { method: 'GET', pathAndQuery, fields: [] })).toBeUndefined();
    });
  }
});

describe('an error that one client provokes is not stored for all', () => {
  const policy = route({ ttl: { default: 60, min: 30, status: { 404: 10 } } });
  for (const status of [400, 413, 415, 431]) {
    test(`${status}: too long a field, bad characters`, () => {
      expect(storability('GET', [], status, [], 0, policy).store).toBe(false);
    });
  }
  test('404 is where told', () => expect(storability('GET', [], 404, [], 0, policy).store).toBe(true));
});

test('of the cookies only those of the key reach the origin', () => {
  const fields = ['Cookie', 'a=1; ab=2', 'cookie', 'ab=3; b=4'];
  expect(fieldValue(cacheableView(route({ key: { cookies: ['ab'] } }), fields), 'cookie')).toBe('ab=2; ab=3');
  expect(
    fieldValue(cacheableView(route({ strip: { requestCookies: true } }), fields), 'cookie'),
  ).toBeUndefined();
  expect(cacheableView(DEFAULT_ROUTE, fields)).toEqual(fields);
});
