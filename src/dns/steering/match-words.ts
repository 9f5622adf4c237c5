// Words that match clients: `prefix:192.0.2.0/24`, `asn:64500`, `region:US-CA` (ISO 3166-2), `country:US` (ISO 3166-1),
// `continent:NA`. The most specific word wins, in that order; of prefixes the longest. A continent is not looked at when a
// prefix has matched already, so a match by prefix holds for the prefix whatever GeoIP says.

import { type Prefix, parsePrefix } from '../../net/prefix.ts';
import type { GeoAspectOf, Planner, TableSpec } from './policy-kind.ts';
import { type RankEvent, readAspect } from './ranking.ts';

/** Tables to ask, in order; each holds the value of the word that matched, or -1. */
export interface Matcher {
  tables: { table: number; by: 'prefix' | 'asn' | 'place' }[];
}

const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'];
const EXPECTED = 'prefix:192.0.2.0/24, asn:64500, region:US-CA, country:US or continent:NA';

/** `words` with the value that each stands for; `otherwise`: what a place that no word matches stands for, if anything. */
export function planMatcher(
  words: readonly { word: string; value: number; path: string }[],
  planner: Planner,
  otherwise = -1,
): Matcher {
  const prefixes: { prefix: Prefix; value: number }[] = [];
  const asns: { [asn: string]: number } = {};
  const places: { [word: string]: number } = {};
  const seen = new Set<string>();
  for (const { word, value, path } of words) {
    const [kind = '', text = ''] = splitWord(word);
    const key = `${kind}:${text}`;
    const mistake = wordProblem(kind, text, word);
    if (mistake) planner.problem(path, mistake.message, mistake.hint);
    else if (seen.has(key)) planner.problem(path, `${key} is given twice`);
    else if (kind === 'prefix') prefixes.push({ prefix: parsePrefix(text) as Prefix, value });
    else if (kind === 'asn') asns[text] = value;
    else places[key] = value;
    seen.add(key);
  }
  const tables: Matcher['tables'] = [];
  if (prefixes.length > 0)
    tables.push({ by: 'prefix', table: planner.table({ type: 'prefix', values: prefixes }) });
  if (Object.keys(asns).length > 0)
    tables.push({ by: 'asn', table: planner.table({ type: 'asn', values: asns }) });
  if (Object.keys(places).length > 0)
    tables.push({ by: 'place', table: planner.table({ type: 'place', values: places, otherwise }) });
  return { tables };
}

/** The value of the most specific word that matches the client; undefined when none does. */
export function* matchClient(
  matcher: Matcher,
): Generator<RankEvent, { value: number; by: string } | undefined, unknown> {
  for (const { table, by } of matcher.tables) {
    const value = yield* readAspect<number>(table);
    if (value >= 0) return { value, by };
  }
  return undefined;
}

export function placeAspectOf(table: Extract<TableSpec, { type: 'place' }>): GeoAspectOf<number> {
  return ({ region, country, continent }) => {
    const { values, otherwise } = table;
    const aspect =
      values[`region:${region}`] ??
      values[`country:${country}`] ??
      values[`continent:${continent}`] ??
      otherwise;
    return { key: String(aspect), aspect };
  };
}

export function asnAspectOf(table: Extract<TableSpec, { type: 'asn' }>): GeoAspectOf<number> {
  return ({ asn }) => {
    const aspect = (asn === undefined ? undefined : table.values[asn]) ?? -1;
    return { key: String(aspect), aspect };
  };
}

/** Kind and text, in the case that GeoIP databases use. */
function splitWord(word: string): [kind: string, text: string] {
  const colon = word.indexOf(':');
  const kind = word.slice(0, Math.max(0, colon)).trim().toLowerCase();
  const text = word.slice(colon + 1).trim();
  if (kind === 'asn') return [kind, text.replace(/^AS/i, '')];
  return [kind, kind === 'prefix' ? text : text.toUpperCase()];
}

function wordProblem(
  kind: string,
  text: string,
  word: string,
): { message: string; hint?: string } | undefined {
  switch (kind) {
    case 'prefix':
      return parsePrefix(text) ? undefined : { message: `${text} is not a prefix`, hint: prefixHint(text) };
    case 'asn':
      return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32
        ? undefined
        : { message: `${text} is no AS number` };
    case 'region':
      return /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(text)
        ? undefined
        : { message: `${text} is no region`, hint: 'as in ISO 3166-2: US-CA' };
    case 'country':
      return /^[A-Z]{2}$/.test(text)
        ? undefined
        : { message: `${text} is no country`, hint: 'as in ISO 3166-1: US' };
    case 'continent':
      return CONTINENTS.includes(text)
        ? undefined
        : { message: `${text} is no continent`, hint: `one of ${CONTINENTS.join(', ')}` };
    default:
      return { message: `${word} matches no client`, hint: `expected ${EXPECTED}` };
  }
}

function prefixHint(text: string): string {
  return text.includes('/') ? 'bits beyond its length must be 0' : 'such as 192.0.2.0/24 or 2001:db8::/32';
}
