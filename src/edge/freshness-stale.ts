// When a response past its lifetime may still be served (RFC 9111 section 4.2.4, RFC 5861): for which cause, for how
// long, and what forbids it. s-maxage brings proxy-revalidate with it (section 5.2.2.10): the usual reason why
// stale-while-revalidate "does not work", so it has its own word.

import { type CacheControl, directiveSeconds, hasDirective } from './cache-control.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';

/** `offline`: the origin cannot be reached at all, which section 4.2.4 calls disconnected. */
export type StaleCause = 'stale-while-revalidate' | 'stale-if-error' | 'offline' | 'max-stale';

export interface StaleAllowance {
  /** Past the lifetime; 0 where it is forbidden or nobody allows it. */
  seconds: number;
  /** The directive that forbids it, or who allows it. */
  reason: 'must-revalidate' | 'proxy-revalidate' | 's-maxage' | 'no-cache' | 'response' | 'route' | 'nobody';
  /** A directive forbids it and the route says to serve it all the same. */
  overrides?: string;
}

const FORBIDDING = ['must-revalidate', 'proxy-revalidate', 's-maxage', 'no-cache'] as const;

/** Statuses for which stale-if-error is meant (RFC 5861 section 4). */
const SERVER_TROUBLE = new Set([500, 502, 503, 504]);

export function isServerTrouble(status: number): boolean {
  return SERVER_TROUBLE.has(status);
}

/** What forbids serving a response stale; undefined when nothing does. */
export function staleForbiddenBy(cacheControl: CacheControl): (typeof FORBIDDING)[number] | undefined {
  return FORBIDDING.find(
    (name) =>
      hasDirective(cacheControl, name) &&
      // no-cache="field" is about that field only.
      (name !== 'no-cache' || !cacheControl.directives.get(name)),
  );
}

export function staleAllowance(
  cacheControl: CacheControl,
  cause: Exclude<StaleCause, 'max-stale'>,
  rules: CachingRules = NO_RULES,
): StaleAllowance {
  const forbidden = staleForbiddenBy(cacheControl);
  if (forbidden && !rules.stale?.override) return { seconds: 0, reason: forbidden };
  const overrides = forbidden ? { overrides: forbidden } : undefined;
  const said = cause === 'offline' ? undefined : directiveSeconds(cacheControl, cause);
  if (said !== undefined) return { seconds: said, reason: 'response', ...overrides };
  const route = {
    'stale-while-revalidate': 'whileRevalidate',
    'stale-if-error': 'ifError',
    offline: 'grace',
  } as const;
  const seconds = rules.stale?.[route[cause]] ?? 0;
  return seconds > 0 ? { seconds, reason: 'route', ...overrides } : { seconds: 0, reason: 'nobody' };
}

/** Seconds past its lifetime for which a stale response may be served for this cause; 0 where forbidden. */
export function staleAllowanceSeconds(
  cacheControl: CacheControl,
  cause: Exclude<StaleCause, 'max-stale'>,
  rules: CachingRules = NO_RULES,
): number {
  return staleAllowance(cacheControl, cause, rules).seconds;
}
