// Keys and Vary that make too many objects of one URL, or too few.

import type { RoutePolicy } from './route-policy.ts';
import type { RouteFinding, RouteRule } from './verify.ts';

export const verifyKey: RouteRule = (route, site) => [
  ...keyedHeaders(route),
  ...keyedCookies(route),
  ...keyedHost(route, site.forwardHost),
  ...query(route),
  ...variants(route),
];

/** Values without number: every client, or every request, has one of its own. */
const UNBOUNDED: Record<string, string> = {
  cookie:
    'one object for each visitor: the hit ratio is near 0 %; name the cookies that count in key.cookies',
  'user-agent':
    'browsers have ten thousand User-Agents: the hit ratio falls to some percent; key.device has four classes',
  referer: 'one object for each page that links here',
  'x-forwarded-for': 'one object for each client',
  traceparent: 'one object for each request',
  'x-request-id': 'one object for each request',
};

function keyedHeaders({ key, vary }: RoutePolicy): RouteFinding[] {
  return key.headers.flatMap((name): RouteFinding[] => {
    const unbounded = UNBOUNDED[name];
    if (unbounded !== undefined) {
      return [
        {
          severity: 'warning',
          path: 'key.headers',
          message: `${name} has no end of values`,
          breaks: unbounded,
        },
      ];
    }
    const normalised =
      name === 'accept-language'
        ? vary.normalise.acceptLanguage !== undefined
        : name === 'accept-encoding'
          ? vary.normalise.acceptEncoding
          : true;
    if (normalised) return [];
    return [
      {
        severity: 'warning',
        path: 'key.headers',
        message: `${name} is keyed as browsers send it`,
        breaks: 'browsers: hundreds of values that mean a handful of answers, each an object and a miss',
        hint: `vary: {normalise: {${name}: ${name === 'accept-language' ? '[en, de]' : 'true'}}}`,
      },
    ];
  });
}

const SESSION_COOKIE = /sess|(?:^|[._-])sid$|token|auth|jwt|login|user/i;

function keyedCookies({ key, bypass, strip }: RoutePolicy): RouteFinding[] {
  const findings: RouteFinding[] = [];
  for (const name of key.cookies) {
    if (bypass.cookies.includes(name)) {
      findings.push({
        severity: 'warning',
        path: 'key.cookies',
        message: `${name} is in the key and in bypass.cookies: who has it never gets to the key`,
        breaks: 'nobody; one of the two has no effect',
      });
    } else if (SESSION_COOKIE.test(name)) {
      findings.push({
        severity: 'warning',
        path: 'key.cookies',
        message: `${name} looks like a session`,
        breaks:
          'logged-in users: one object for each of them, filled once and never used again, in place of others',
        hint: `bypass: {cookies: [${name}]}`,
      });
    }
  }
  if (key.cookies.length > 0 && bypass.cookies.length === 0 && !strip.requestCookies) {
    findings.push({
      severity: 'note',
      path: 'key.cookies',
      message: 'the origin sees no cookies but these in requests that could be cached',
      breaks: 'logged-in users of this route: they are answered as strangers',
      hint: 'bypass: {cookies: [NAME]} for the cookie of a login',
    });
  }
  return findings;
}

function keyedHost({ key }: RoutePolicy, forwardHost: boolean): RouteFinding[] {
  if (key.host === false && forwardHost) {
    return [
      {
        severity: 'warning',
        path: 'key.host',
        message: 'the origin is sent origin.host here, though origin.forwardHost is set',
        breaks: 'sites that share this edge: all are answered as origin.host',
      },
    ];
  }
  if (key.host !== true || forwardHost) return [];
  return [
    {
      severity: 'note',
      path: 'key.host',
      message: 'the client’s Host is keyed, but the origin never sees it',
      breaks: 'aliases of a site (www and apex): each fills its own copies; a forged Host makes more',
    },
  ];
}

function query({ key }: RoutePolicy): RouteFinding[] {
  const { keep, drop } = key.query;
  if (keep === undefined || keep.length > 0 || drop.length === 0) return [];
  return [
    {
      severity: 'warning',
      path: 'key.query.drop',
      message: 'nothing is kept, so there is nothing to drop',
      breaks: 'nobody; the setting has no effect',
    },
  ];
}

function variants({ vary, compress }: RoutePolicy): RouteFinding[] {
  const findings: RouteFinding[] = [];
  const languages = vary.normalise.acceptLanguage?.length ?? 1;
  if (languages > vary.maxVariants) {
    findings.push({
      severity: 'warning',
      path: 'vary.maxVariants',
      message: `${languages} languages do not fit into ${vary.maxVariants} variants`,
      breaks: 'pages in many languages: they push each other out, and every visit is a miss',
    });
  }
  if (vary.normalise.acceptEncoding && compress) {
    findings.push({
      severity: 'note',
      path: 'vary.normalise.accept-encoding',
      message: 'compress asks the origin for identity, whatever the client reads: this has no effect',
      breaks: 'nobody',
    });
  }
  for (const name of vary.ignore) {
    if (name !== 'cookie' && name !== 'authorization') continue;
    findings.push({
      severity: 'warning',
      path: 'vary.ignore',
      message: `answers that differ by ${name} are taken for the same`,
      breaks: 'logged-in users: the origin no longer sees their field, and answers as to strangers',
    });
  }
  return findings;
}
