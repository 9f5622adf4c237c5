import { describe, expect, test } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { resolveRoutes, routeHint, routesSchema } from '../../../src/edge/policy/policy-config.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from '../../../src/edge/policy/route-policy.ts';
import { verifyRoutes } from '../../../src/edge/policy/verify.ts';
import { coversPath, mayShareAPath } from '../../../src/edge/policy/verify-reach.ts';

type Input = z.input<typeof routesSchema>;

function problems(routes: unknown): string[] {
  const result = z.safeParse(z.strictObject({ routes: routesSchema }), { routes });
  return (result.error?.issues ?? []).map(
    (issue) => `${issue.path.join('.')}: ${issue.message}${routeHint(issue) ? ` (${routeHint(issue)})` : ''}`,
  );
}

test('an empty route does what no route does, but for normal paths', () => {
  const [route] = resolveRoutes([{}]);
  const expected = { ...DEFAULT_ROUTE, name: 'routes[0]' };
  expect(route).toEqual({
    ...expected,
    key: { ...expected.key, path: { normalise: true, lowerCase: false } },
  });
});

test('all mistakes are told at once, with what was likely meant', () => {
  const wrong = [
    { math: 1, key: { qury: 1, query: { kep: [] } }, bypass: { cookis: [] } },
    { match: { path: '/x?y' }, ttl: { status: { 4044: 1 }, max: -1 }, compress: { types: ['png'] } },
    { rateLimit: { requestsPerSecond: 0 }, vary: { normalise: { 'accept-language': ['?'] } } },
  ];
  const text = problems(wrong).join('\n');
  for (const expected of [
    'routes.0: Unrecognized key: "math" (did you mean match?)',
    'routes.0.key: Unrecognized key: "qury" (did you mean query?)',
    'routes.0.key.query: Unrecognized key: "kep" (did you mean keep?)',
    'routes.0.bypass: Unrecognized key: "cookis" (did you mean cookies?)',
    'a path pattern has no query',
    'not a status: 404 or 5xx',
    'routes.1.ttl.max: ',
    'not a media type',
    'routes.2.rateLimit.requestsPerSecond: ',
    'not a language tag',
  ]) {
    expect(text).toContain(expected);
  }
});

describe('the verifier', () => {
  const findings = (routes: NonNullable<Input>, forwardHost = false) =>
    verifyRoutes(resolveRoutes(routes), { forwardHost }).map(({ path, severity }) => `${severity} ${path}`);

  const cases: [string, NonNullable<Input>, string][] = [
    ['max below min', [{ ttl: { min: 10, max: 5 } }], 'warning routes[0].ttl.max'],
    ['a default out of bounds', [{ ttl: { default: 10, max: 5 } }], 'warning routes[0].ttl.default'],
    ['personal pages that are stored', [{ ttl: { default: 10 } }], 'warning routes[0].ttl.default'],
    ['errors that live long', [{ ttl: { status: { '5xx': 300 } } }], 'warning routes[0].ttl.status.5xx'],
    [
      'errors that anybody can provoke',
      [{ ttl: { status: { '4xx': 5 } } }],
      'warning routes[0].ttl.status.4xx',
    ],
    ['SWR that s-maxage switches off', [{ stale: { whileRevalidate: 5 } }], 'note routes[0].stale'],
    ['nothing for an outage', [{}], 'note routes[0].stale.ifError'],
    ['User-Agent in the key', [{ key: { headers: ['User-Agent'] } }], 'warning routes[0].key.headers'],
    ['languages as sent', [{ key: { headers: ['accept-language'] } }], 'warning routes[0].key.headers'],
    ['a session in the key', [{ key: { cookies: ['sid'] } }], 'warning routes[0].key.cookies'],
    ['cookies without a bypass', [{ key: { cookies: ['ab'] } }], 'note routes[0].key.cookies'],
    [
      'a cookie in key and bypass',
      [{ key: { cookies: ['ab'] }, bypass: { cookies: ['ab'] } }],
      'warning routes[0].key.cookies',
    ],
    ['a bypass of GET', [{ bypass: { methods: ['GET'] } }], 'warning routes[0].bypass.methods'],
    ['a bypass of POST', [{ bypass: { methods: ['POST'] } }], 'note routes[0].bypass.methods'],
    [
      'a bypass that never matches',
      [{ match: { path: '/a/*' }, bypass: { paths: ['/b/*'] } }],
      'warning routes[0].bypass.paths',
    ],
    [
      'a bypass that always matches',
      [{ match: { path: '/a/*' }, bypass: { paths: ['/*'] } }],
      'warning routes[0].bypass.paths',
    ],
    [
      'a route behind a wider one',
      [{ match: { path: '/*' } }, { match: { path: '/a' } }],
      'warning routes[1].match',
    ],
    [
      'logins that do not stick',
      [{ strip: { responseSetCookie: true } }],
      'warning routes[0].strip.responseSetCookie',
    ],
    [
      'pictures compressed again',
      [{ compress: { types: ['image/jpeg'] } }],
      'warning routes[0].compress.types',
    ],
    [
      'a page that hits the limit',
      [{ rateLimit: { requestsPerSecond: 5 } }],
      'note routes[0].rateLimit.burst',
    ],
    [
      'more languages than variants',
      [{ vary: { normalise: { 'accept-language': ['a', 'b'] }, maxVariants: 1 } }],
      'warning routes[0].vary.maxVariants',
    ],
    ['a Vary: Cookie that is ignored', [{ vary: { ignore: ['Cookie'] } }], 'warning routes[0].vary.ignore'],
  ];
  for (const [what, routes, expected] of cases) {
    test(`finds ${what}`, () => expect(findings(routes)).toContain(expected));
  }

  test('has nothing but notes on a sound configuration', () => {
    const sound: NonNullable<Input> = [
      { match: { path: ['/login', '/cart/*'] }, bypass: true },
      {
        match: { path: '/static/*' },
        key: { query: { keep: ['v'] } },
        strip: { requestCookies: true, responseSetCookie: true },
        ttl: { default: 60, max: 86400, status: { 404: 10, '5xx': 1 } },
        stale: { whileRevalidate: 30, ifError: 600 },
        compress: true,
      },
    ];
    expect(findings(sound).filter((finding) => finding.startsWith('warning'))).toEqual([]);
  });

  test('knows which patterns cover and touch each other', () => {
    expect(coversPath('/a/*', '/a/b/*')).toBe(true);
    expect(coversPath('/a/*', '/a*')).toBe(false);
    expect(coversPath('*.jpg', '/a/*')).toBe(false);
    expect(mayShareAPath('*.jpg', '/a/*')).toBe(true);
    expect(mayShareAPath('/a/*', '/b')).toBe(false);
    expect(mayShareAPath('/a/*', '/a')).toBe(false);
  });
});

test('settings that other parts act upon are taken over as they are', () => {
  const route = resolveRoutes([
    { maxConcurrent: 5, maxBodyBytes: 0, slice: 65536, tags: { header: 'Surrogate-Key' }, shield: 'fra' },
  ])[0];
  expect(route).toMatchObject({
    maxConcurrent: 5,
    maxBodyBytes: 0,
    slice: 65536,
    tags: { header: 'surrogate-key' },
    shield: 'fra',
  } satisfies Partial<RoutePolicy>);
});
