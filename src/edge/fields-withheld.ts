// Fields of a response that belong to the client who asked and to nobody after: those that private="..." and
// no-cache="..." name (RFC 9111 sections 5.2.2.7 and 5.2.2.4; without validation at every use the latter come to the
// same), and Set-Cookie where the route takes it off. The rest of the response may be stored.

import { type CacheControl, coveredFields } from './cache-control.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';

/** Lower-case names; empty for most responses. */
export function withheldNames(
  cacheControl: CacheControl,
  rules: CachingRules = NO_RULES,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const directive of ['private', 'no-cache'] as const) {
    const covered = coveredFields(cacheControl, directive);
    if (covered !== undefined && covered !== 'everything') for (const name of covered) names.add(name);
  }
  if (rules.strip?.responseSetCookie) names.add('set-cookie');
  return names;
}
