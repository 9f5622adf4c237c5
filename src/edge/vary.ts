// Vary: one URL, several stored responses (RFC 9111 section 4.1). A variant is chosen by comparing the full values of
// the request fields that its Vary names. Never by a hash of them: a collision gave brotli to clients that could
// only read gzip (haproxy issue 988).

import { type Fields, fieldValue } from './fields.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';

export interface Vary {
  /** `Vary: *`: no stored response ever matches. */
  any: boolean;
  /** Lower-case names, sorted, each once. */
  names: readonly string[];
}

/** What the route ignores is not among the names; `*` cannot be ignored, since it may mean anything. */
export function parseVary(text: string | undefined, rules: CachingRules = NO_RULES): Vary {
  if (text === undefined) return NO_VARY;
  const names = new Set<string>();
  for (const element of text.split(',')) {
    const name = element.trim().toLowerCase();
    if (name !== '' && !rules.vary?.ignore?.includes(name)) names.add(name);
  }
  return { any: names.has('*'), names: [...names].sort() };
}

const NO_VARY: Vary = { any: false, names: [] };

/** The request's values for these names, as a text that is equal only if every value is; '' when nothing varies. */
export function secondaryKey(names: readonly string[], requestFields: Fields): string {
  if (names.length === 0) return '';
  return JSON.stringify(names.map((name) => [name, normalValue(name, fieldValue(requestFields, name))]));
}

/** Lists of names without case, with weights: the order among different weights means nothing (RFC 9110 section 12.4.2). */
const WEIGHTED_NAMES = new Set(['accept-encoding', 'accept-language', 'accept-charset']);

/** Equal texts for values that mean the same whoever reads them (section 4.1 allows no more); absent differs from empty. */
function normalValue(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  const tidy = value
    .trim()
    .replace(/[ \t]*,[ \t,]*/g, ',')
    .replace(/^,|,$/g, '');
  if (!WEIGHTED_NAMES.has(name)) return tidy;
  const elements = tidy.toLowerCase().split(',').map(weigh);
  // Stable: elements of one weight keep the order in which some servers read a preference. Codings have none.
  const tie = name === 'accept-encoding' ? byText : () => 0;
  elements.sort((a, b) => b.weight - a.weight || tie(a, b));
  return elements.map(({ text }) => text).join(',');
}

function weigh(element: string): { text: string; weight: number } {
  const [, value = '', q] = /^([^;]*?)[ \t]*;[ \t]*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?)$/.exec(element) ?? [];
  if (q === undefined) return { text: element, weight: 1 };
  const weight = Number(q);
  return { text: weight === 1 ? value : `${value};q=${weight}`, weight };
}

function byText(a: { text: string }, b: { text: string }): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}
