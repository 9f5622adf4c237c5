// Negative caching: how long answers of a status are kept where they do not say it themselves. An origin that sends 404
// without Cache-Control a thousand times a second is the usual reason to have it.

import type { CachingRules } from './freshness-rules.ts';

/** Seconds that the route gives this status; the first range that covers it wins; undefined where none does. */
export function statusSeconds(status: number, rules: CachingRules): number | undefined {
  return rules.ttl?.status?.find(({ from, to }) => status >= from && status <= to)?.seconds;
}
