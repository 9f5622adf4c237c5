// Why a response may be served past its lifetime, or may not, as the end of a sentence: the `because` of a trace.

import type { StaleAllowance, StaleCause } from './freshness-stale.ts';

/** `allowance` as staleAllowance() gives it for this cause. */
export function staleBecause({ seconds, reason, overrides }: StaleAllowance, cause: StaleCause): string {
  if (overrides !== undefined)
    return `${overrides} forbids it, and the route overrides that: ${seconds} s of ${cause}`;
  switch (reason) {
    case 'response':
      return `the response allows ${seconds} s of ${cause}`;
    case 'route':
      return `the route allows ${seconds} s of ${cause}`;
    case 'nobody':
      return `neither the response nor the route allows ${cause}`;
    case 's-maxage':
      return 's-maxage forbids it, since it brings proxy-revalidate with it (RFC 9111 section 5.2.2.10)';
    default:
      return `${reason} forbids it`;
  }
}
