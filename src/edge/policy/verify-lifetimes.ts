// Lifetimes and staleness that contradict each other, or store what should not be stored.

import type { RoutePolicy } from './route-policy.ts';
import type { RouteFinding, RouteRule } from './verify.ts';

export const verifyLifetimes: RouteRule = (route) => [
  ...bounds(route),
  ...guesses(route),
  ...errors(route),
  ...stale(route),
];

function bounds({ ttl }: RoutePolicy): RouteFinding[] {
  const findings: RouteFinding[] = [];
  const { max = Number.POSITIVE_INFINITY } = ttl;
  if (max < ttl.min) {
    findings.push({
      severity: 'warning',
      path: 'ttl.max',
      message: `max ${max} is less than min ${ttl.min}: every lifetime is one of the two`,
      breaks: 'all of the route: the origin’s max-age decides nothing any more',
    });
  } else if (ttl.default !== undefined && (ttl.default < ttl.min || ttl.default > max)) {
    findings.push({
      severity: 'warning',
      path: 'ttl.default',
      message: `default ${ttl.default} is outside of min ${ttl.min} and max ${max}`,
      breaks: 'who reads the bounds: they hold for what responses say, not for the default',
    });
  }
  if (ttl.min > 0) {
    findings.push({
      severity: 'note',
      path: 'ttl.min',
      message: `max-age=0 becomes ${ttl.min} s too; no-store, private and no-cache stay what they are`,
      breaks: 'pages that are corrected at once: an origin that says max-age=0 means it',
    });
  }
  return findings;
}

/** A response that says nothing may be a personal page that was never meant for a cache. */
function guesses({ ttl, key, bypass, strip }: RoutePolicy): RouteFinding[] {
  const path = (ttl.default ?? 0) > 0 ? 'ttl.default' : ttl.min > 0 ? 'ttl.min' : undefined;
  const safe = strip.requestCookies || strip.unkeyedHeaders || bypass.always || bypass.cookies.length > 0;
  if (path === undefined || safe || key.cookies.length > 0) return [];
  return [
    {
      severity: 'warning',
      path,
      message: 'what says nothing is stored, and cookies reach the origin without being in the key',
      breaks: 'logged-in users: a personal page without Cache-Control is stored and given to others',
      hint: 'strip: {requestCookies: true}, or bypass: {cookies: [session]}',
    },
  ];
}

/** Answers that one client can provoke for all by a malformed request. */
const PROVOKED = new Set([400, 405, 408, 411, 412, 413, 414, 415, 416, 417, 421, 431, 501]);
const LONG_FOR_ERRORS_SECONDS = 60;

function errors({ ttl }: RoutePolicy): RouteFinding[] {
  return ttl.status.flatMap(({ from, to, seconds }): RouteFinding[] => {
    const name = from === to ? String(from) : `${from / 100}xx`;
    const path = `ttl.status.${name}`;
    // Of a class of server errors, 501 is the exception that is not meant.
    const provoked =
      from === 500 && to > from ? [] : [...PROVOKED].filter((status) => status >= from && status <= to);
    if (seconds > 0 && provoked.length > 0) {
      return [
        {
          severity: 'warning',
          path,
          message: `${provoked.join(', ')} can be provoked by one odd request, and would be stored for all`,
          breaks: 'everybody, under attack (cache-poisoned denial of service)',
          hint: 'name 404 and 410 alone',
        },
      ];
    }
    if (from < 500 || seconds <= LONG_FOR_ERRORS_SECONDS) return [];
    return [
      {
        severity: 'warning',
        path,
        message: `an error of the origin is shown for ${seconds} s`,
        breaks: 'everybody, after a short failure: the origin is back and nobody sees it',
        hint: 'a second or two keeps the herd away; stale.ifError serves the good answer meanwhile',
      },
    ];
  });
}

function stale({ stale: { whileRevalidate, ifError, grace, override } }: RoutePolicy): RouteFinding[] {
  const findings: RouteFinding[] = [];
  const configured = whileRevalidate !== undefined || ifError !== undefined || grace > 0;
  if (override && !configured) {
    findings.push({
      severity: 'note',
      path: 'stale.override',
      message: 'only the response’s own stale-while-revalidate and stale-if-error are extended by this',
      breaks: 'nobody',
    });
  }
  if (configured && !override) {
    findings.push({
      severity: 'note',
      path: 'stale',
      message:
        's-maxage, must-revalidate, proxy-revalidate and no-cache switch this off (RFC 9111 section 5.2.2.10)',
      breaks: 'an origin that sends s-maxage: at expiry clients wait, and an outage shows at once',
      hint: 'max-age, or CDN-Cache-Control, instead of s-maxage at the origin; or stale: {override: true}',
    });
  }
  if (override && configured) {
    findings.push({
      severity: 'note',
      path: 'stale.override',
      message: 'must-revalidate is not obeyed here, against RFC 9111 section 4.2.4',
      breaks: 'prices, stocks and the like, for which origins say must-revalidate',
    });
  }
  if ((ifError ?? 0) === 0 && grace === 0) {
    findings.push({
      severity: 'note',
      path: 'stale.ifError',
      message: 'nothing is served stale unless the origin allows it itself',
      breaks: 'everybody, while the origin is down: errors from the first expiry on',
      hint: 'stale: {ifError: 600}',
    });
  }
  return findings;
}
