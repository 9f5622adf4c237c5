// Accept-Language brought down to the one language of a site's list that fits best (RFC 4647 section 3.4, lookup), so that
// `de-CH,de;q=0.9,en;q=0.8` and `de` share one variant. The origin is sent the same single language.

import { memoised } from './memo.ts';
import { parseWeighted } from './quality-values.ts';

/** One of `languages`; the first where nothing fits or nothing is asked for. */
export function bestLanguage(acceptLanguage: string | undefined, languages: readonly string[]): string {
  if (acceptLanguage === undefined) return languages[0] ?? '';
  let choose = choosers.get(languages);
  if (!choose) {
    choose = memoised((text) => choice(text, languages));
    choosers.set(languages, choose);
  }
  return choose(acceptLanguage);
}

/** A list is a route's: one for each in the configuration. */
const choosers = new WeakMap<readonly string[], (acceptLanguage: string) => string>();

function choice(acceptLanguage: string, languages: readonly string[]): string {
  const [fallback = ''] = languages;
  const wanted = parseWeighted(acceptLanguage);
  const refused = new Set(wanted.filter(({ weight }) => weight === 0).map(({ value }) => value));
  const offered = languages.filter((language) => !refused.has(language.toLowerCase()));
  // The sort is stable: of equal weights the first in the request wins.
  const ranges = wanted.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  for (const { value } of ranges) {
    if (value === '*') return offered[0] ?? fallback;
    const found = lookup(value, offered);
    if (found !== undefined) return found;
  }
  return offered.includes(fallback) ? fallback : (offered[0] ?? fallback);
}

/** The range, then shorter and shorter prefixes of it; then an offered language that is a special case of it. */
function lookup(range: string, offered: readonly string[]): string | undefined {
  for (let text = range; text !== ''; text = text.slice(0, Math.max(0, text.lastIndexOf('-')))) {
    const found = offered.find((language) => language.toLowerCase() === text);
    if (found !== undefined) return found;
  }
  return offered.find((language) => language.toLowerCase().startsWith(`${range}-`));
}
