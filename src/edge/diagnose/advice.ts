// What to change for each step of the ladder. One sentence that names the setting.

import type { Cause } from './cause.ts';

export const STEP_TITLES: Record<Cause, string> = {
  bypass: 'sent past the cache by a rule',
  client: 'the client asked for something fresher',
  error: 'the origin failed',
  'not-storable': 'the response may not be stored',
  vary: 'another variant (Vary)',
  query: 'query parameters that change nothing are in the key',
  cold: 'asked for the first time',
  expired: 'too old (lifetime too short)',
  'gone-purged': 'gone before its time: purged, or lost in a restart',
  'gone-evicted': 'gone before its time: evicted',
  collapsed: 'waited for another request’s answer',
};

/** `top`: the most frequent reasons or names of this step, the first is the most frequent. */
export function adviceFor(cause: Cause, top: readonly string[]): string {
  const [most = ''] = top;
  switch (cause) {
    case 'bypass':
      return bypassAdvice(most);
    case 'client':
      return 'Browsers reload with no-cache; a route whose objects have versioned names can ignore that.';
    case 'error':
      return 'Give responses stale-if-error, or the route stale.ifError, so that failures are hidden.';
    case 'not-storable':
      return notStorableAdvice(most);
    case 'vary':
      return `Normalise or ignore what Vary names${most ? ` (${most})` : ''}: vary.normalise, vary.ignore.`;
    case 'query':
      return `Take ${top.length > 0 ? top.slice(0, 5).join(', ') : 'them'} out of the key: key.query.drop, or key.query.keep.`;
    case 'cold':
      return 'Only warming, a shield or a peer helps: many small edges each fetch the same tail. See the share of one-hit objects.';
    case 'expired':
      return 'Longer lifetimes with purges by tag, or stale-while-revalidate; ETags make what remains cheap (304).';
    case 'gone-purged':
      return 'Purge by tag or URL and not by prefix or all, and softly, so that one refresh does instead of a herd of misses. A disk tier outlives restarts, which look the same in a log.';
    case 'gone-evicted':
      return 'The store is too small for what is asked for between two uses: cacheBytes, a disk tier, or GDSF for many small objects.';
    case 'collapsed':
      return 'Nothing is wrong: the origin was asked once for all of them. Stale-while-revalidate spares clients the waiting.';
  }
}

function bypassAdvice(most: string): string {
  if (most.startsWith('cookie:') || most.startsWith('cookie '))
    return `Cookie ${most.slice(7)} sends most of them past the cache: bypass only where it changes the page, or strip.requestCookies.`;
  if (most.startsWith('method'))
    return 'Methods other than GET and HEAD are never cached: is a GET possible?';
  if (most === 'authorization')
    return 'Authorization bypasses: let the origin say public or s-maxage where the answer is the same for all.';
  return `Narrow the rule that sends most of them past the cache${most ? ` (${most})` : ''}.`;
}

function notStorableAdvice(most: string): string {
  switch (most) {
    case 'set-cookie':
      return 'The origin sets a cookie on cacheable pages: strip.responseSetCookie, or set it elsewhere.';
    case 'no-freshness':
      return 'The origin gives no lifetime: Cache-Control: max-age there, or ttl.default here.';
    case 'no-cache':
      return 'The origin says no-cache, so each use asks it again: max-age=1 with stale-while-revalidate is nearly as fresh.';
    case 'too-large':
      return 'They are too large for the store: a larger cacheBytes, a disk tier, or slice.';
    default:
      return `The origin says ${most || 'no-store or private'}: where the page is the same for all, let it say public, max-age.`;
  }
}
