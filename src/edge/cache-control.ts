// Cache-Control as directives (RFC 9111 section 5.2): names in lower case, values unquoted. Made to be safe with
// nonsense: an element that cannot be read is skipped, a delta-seconds that is no number counts as 0 (stale), and of
// two values for one name the more restrictive one wins (section 4.2.1 leaves the first or stale; this is at least as
// careful as either, and does not depend on how a proxy before us ordered the lines).

export interface CacheControl {
  /** Directive to its value; null for a directive without one. */
  readonly directives: ReadonlyMap<string, string | null>;
  /** The targeted field it comes from (RFC 9213), lower case; undefined for Cache-Control itself. */
  readonly field?: string;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
/** RFC 9111 section 1.2.2: a greater delta-seconds is read as this one. */
export const MAX_DELTA_SECONDS = 2 ** 31;
/** Directives whose value is a number of seconds. */
export const DELTA_SECONDS: ReadonlySet<string> = new Set([
  'max-age',
  's-maxage',
  'stale-while-revalidate',
  'stale-if-error',
  'max-stale',
  'min-fresh',
]);

export function parseCacheControl(text: string | undefined): CacheControl {
  if (text === undefined) return NOTHING_SAID;
  const directives = new Map<string, string | null>();
  let at = 0;
  const source = text;
  while (at < source.length) {
    const start = skipSpace(source, at);
    TOKEN.lastIndex = start;
    const name = TOKEN.exec(source)?.[0].toLowerCase();
    let value: string | null = null;
    at = start + (name?.length ?? 0);
    if (name !== undefined && source[at] === '=') ({ value, at } = readValue(source, at + 1));
    // What is left before the next comma is not of this grammar: a directive with such a tail keeps no value.
    const end = nextComma(source, at);
    const clean = source.slice(at, end).trim() === '';
    if (name !== undefined) remember(directives, name, clean ? value : '');
    at = end + 1;
  }
  return { directives };
}

const NOTHING_SAID: CacheControl = { directives: new Map() };

export function hasDirective(cacheControl: CacheControl, name: string): boolean {
  return cacheControl.directives.has(name);
}

/** Seconds of a directive; undefined when it is absent, 0 when its value is not a number of seconds. */
export function directiveSeconds(cacheControl: CacheControl, name: string): number | undefined {
  const value = cacheControl.directives.get(name);
  if (value === undefined) return undefined;
  if (value === null || !/^\d+$/.test(value)) return 0;
  return Math.min(Number(value), MAX_DELTA_SECONDS);
}

/**
 * What `private` or `no-cache` covers (sections 5.2.2.4 and 5.2.2.7): undefined when absent, 'everything' without field
 * names, else the fields it names, lower case. A list that cannot be read, or that names a field without which no cache
 * could go on with the rest, covers everything.
 */
export function coveredFields(
  cacheControl: CacheControl,
  name: 'private' | 'no-cache',
): readonly string[] | 'everything' | undefined {
  const value = cacheControl.directives.get(name);
  if (value === undefined) return undefined;
  const names = (value ?? '')
    .split(',')
    .map((field) => field.trim().toLowerCase())
    .filter((field) => field !== '');
  const readable =
    names.length > 0 &&
    names.every((field) => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(field) && !NEEDED.has(field));
  return readable ? names : 'everything';
}

const NEEDED = new Set([
  'age',
  'cache-control',
  'cdn-cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'etag',
  'expires',
  'last-modified',
  'transfer-encoding',
  'vary',
]);

/** `a=1, b="c d"`: what parseCacheControl reads back to the same directives. */
export function formatCacheControl(cacheControl: CacheControl): string {
  return [...cacheControl.directives]
    .map(([name, value]) => {
      if (value === null) return name;
      return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value)
        ? `${name}=${value}`
        : `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
    })
    .join(', ');
}

function readValue(source: string, from: number): { value: string; at: number } {
  if (source[from] !== '"') {
    TOKEN.lastIndex = from;
    const value = TOKEN.exec(source)?.[0] ?? '';
    return { value, at: from + value.length };
  }
  let value = '';
  let at = from + 1;
  while (at < source.length && source[at] !== '"') {
    if (source[at] === '\\' && at + 1 < source.length) at++;
    value += source[at++];
  }
  // A quote that nothing closes would swallow the rest, a no-store among it: it is no quote then.
  if (at >= source.length) return { value: '', at: from + 1 };
  return { value, at: at + 1 };
}

function remember(directives: Map<string, string | null>, name: string, value: string | null): void {
  const earlier = directives.get(name);
  directives.set(name, earlier === undefined ? value : moreRestrictive(name, earlier, value));
}

function moreRestrictive(name: string, a: string | null, b: string | null): string | null {
  if (name === 'max-stale' && (a === null || b === null)) return a ?? b; // alone it means any staleness
  if (!DELTA_SECONDS.has(name)) {
    // A bare `private` or `no-cache` covers more than a qualified one; two qualified ones cover what both name.
    if (a === null || b === null) return null;
    return a === '' || b === '' ? '' : `${a},${b}`;
  }
  // Invalid before valid: it reads as 0.
  for (const value of [a, b]) if (value === null || !/^\d+$/.test(value)) return value;
  const order = name === 'min-fresh' ? -1 : 1;
  return (Number(a) - Number(b)) * order <= 0 ? a : b;
}

function skipSpace(source: string, from: number): number {
  let at = from;
  while (source[at] === ' ' || source[at] === '\t') at++;
  return at;
}

function nextComma(source: string, from: number): number {
  const comma = source.indexOf(',', from);
  return comma < 0 ? source.length : comma;
}
