// Bypass rules, cookies, compression and limits that do other than they look.

import type { RoutePolicy } from './route-policy.ts';
import type { RouteFinding, RouteRule } from './verify.ts';
import { coversPath, mayShareAPath } from './verify-reach.ts';

export const verifyTraffic: RouteRule = (route) => [
  ...bypass(route),
  ...cookies(route),
  ...compression(route),
  ...limits(route),
];

function bypass({ bypass: rules, match }: RoutePolicy): RouteFinding[] {
  const findings: RouteFinding[] = [];
  const never = rules.methods.filter((method) => method !== 'GET' && method !== 'HEAD');
  if (never.length > 0) {
    findings.push({
      severity: 'note',
      path: 'bypass.methods',
      message: `${never.join(', ')} always goes past the cache: only GET and HEAD are cached`,
      breaks: 'nobody; the rule has no effect',
    });
  }
  if (rules.methods.includes('GET')) {
    findings.push({
      severity: 'warning',
      path: 'bypass.methods',
      message: 'with GET nothing of this route is cached',
      breaks: 'all of the route',
      hint: 'bypass: true says it more plainly',
    });
  }
  for (const pattern of rules.paths) {
    const paths = match.paths;
    if (paths.length > 0 && !paths.some((own) => mayShareAPath(own, pattern))) {
      findings.push({
        severity: 'warning',
        path: 'bypass.paths',
        message: `no path of this route can match ${pattern}`,
        breaks: 'whoever relies on it: such requests are another route’s',
      });
    } else if (paths.length > 0 && paths.every((own) => coversPath(pattern, own))) {
      findings.push({
        severity: 'warning',
        path: 'bypass.paths',
        message: `${pattern} is every path of this route: nothing is cached`,
        breaks: 'all of the route',
      });
    }
  }
  return findings;
}

/** Paths where people log in, buy and write. */
const STATEFUL = /login|logout|signin|account|cart|checkout|session|auth/i;

function cookies(route: RoutePolicy): RouteFinding[] {
  const { storeSetCookie } = route;
  if (!storeSetCookie) return strippedCookies(route);
  return [
    {
      severity: 'warning',
      path: 'storeSetCookie',
      message: 'Set-Cookie is stored and given to everybody',
      breaks: 'logged-in users: whoever asks next gets their session, unless the cookie is the same for all',
      hint: 'strip: {responseSetCookie: true} stores the response without it',
    },
  ];
}

function strippedCookies({ strip, match }: RoutePolicy): RouteFinding[] {
  if (!strip.responseSetCookie) return [];
  const everything = match.paths.length === 0 || match.paths.some((path) => path === '*' || path === '/*');
  if (!everything && !match.paths.some((path) => STATEFUL.test(path))) return [];
  return [
    {
      severity: 'warning',
      path: 'strip.responseSetCookie',
      message: 'cookies are taken off what is stored, those of a login included',
      breaks:
        'logins, carts and CSRF tokens under this route: the next client gets the page without its cookie',
      hint: 'a route for them before this one, with bypass: true',
    },
  ];
}

const COMPRESSED_ALREADY =
  /^(?:image\/(?:jpeg|png|webp|avif|gif|\*)|video\/|audio\/|font\/woff|application\/(?:zip|gzip|pdf))/;

function compression({ compress, slice }: RoutePolicy): RouteFinding[] {
  if (!compress) return [];
  const findings: RouteFinding[] = [];
  const vain = compress.types.filter((type) => COMPRESSED_ALREADY.test(type));
  if (vain.length > 0) {
    findings.push({
      severity: 'warning',
      path: 'compress.types',
      message: `${vain.join(', ')} is compressed already`,
      breaks: 'the edge’s processor, for nothing',
    });
  }
  if (slice !== undefined) {
    findings.push({
      severity: 'note',
      path: 'compress',
      message: 'what is filled by slices is not compressed: it is never in one piece',
      breaks: 'nobody',
    });
  }
  return findings;
}

/** What a browser asks for at once when it opens a page. */
const REQUESTS_OF_A_PAGE = 50;

function limits({ rateLimit }: RoutePolicy): RouteFinding[] {
  if (rateLimit?.per !== 'client' || rateLimit.burst >= REQUESTS_OF_A_PAGE) return [];
  return [
    {
      severity: 'note',
      path: 'rateLimit.burst',
      message: `a client gets ${rateLimit.burst} requests at once; a page with its images is some ${REQUESTS_OF_A_PAGE}`,
      breaks: 'browsers that open a page, and offices behind one address: 429 in the middle of it',
    },
  ];
}
