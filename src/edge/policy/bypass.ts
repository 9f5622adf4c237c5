// Requests that go past the cache by the route's word (not stored, not shared, not served from the store), each with the
// reason that Cache-Status and traces show.

import type { Fields } from '../fields.ts';
import { hasField } from '../fields.ts';
import { compileGlob, type Matches } from './glob.ts';
import { pathOf } from './match.ts';
import { ambiguousPath, normalPath } from './normal-path.ts';
import { requestCookies } from './request-cookies.ts';
import type { RoutePolicy } from './route-policy.ts';

export interface BypassQuestion {
  method: string;
  pathAndQuery: string;
  fields: Fields;
}

/** `cookie:session`, `method:POST`, `path:/admin/*`, `header:x-preview`, `authorization`, `route`, `ambiguous-path`. */
export type BypassRule = (request: BypassQuestion) => string | undefined;

const rules = new WeakMap<RoutePolicy, BypassRule>();

/** Undefined: the cache may be asked. Compiled once for each route. */
export function bypassReason(route: RoutePolicy, request: BypassQuestion): string | undefined {
  let rule = rules.get(route);
  if (!rule) {
    rule = compileBypass(route);
    rules.set(route, rule);
  }
  return rule(request);
}

function compileBypass({ bypass, ttl }: RoutePolicy): BypassRule {
  const { always, methods, authorization, headers } = bypass;
  if (always) return () => 'route';
  const named = (patterns: readonly string[]): [string, Matches][] =>
    patterns.map((pattern) => [pattern, compileGlob(pattern)]);
  const cookies = named(bypass.cookies);
  const paths = named(bypass.paths);
  // Only a route that stores what the origin did not ask for can be deceived into storing somebody's page.
  const guesses = (ttl.default ?? 0) > 0 || ttl.min > 0 || ttl.status.some(({ seconds }) => seconds > 0);
  const looksAtPath = guesses || paths.length > 0;
  return ({ method, pathAndQuery, fields }) => {
    if (methods.length > 0 && methods.includes(method)) return `method:${method}`;
    if (authorization && hasField(fields, 'authorization')) return 'authorization';
    for (const name of headers) if (hasField(fields, name)) return `header:${name}`;
    if (looksAtPath) {
      const raw = pathOf(pathAndQuery);
      if (guesses && ambiguousPath(raw)) return 'ambiguous-path';
      const path = normalPath(raw);
      const found = paths.find(([, matches]) => matches(path));
      if (found) return `path:${found[0]}`;
    }
    if (cookies.length > 0) {
      for (const { name } of requestCookies(fields)) {
        if (cookies.some(([, matches]) => matches(name))) return `cookie:${name}`;
      }
    }
    return undefined;
  };
}
