// Cache-Control as directives (RFC 9111 section 5.2): names in lower case, values unquoted. Made to be safe with
// nonsense: an element that cannot be read is skipped, a delta-seconds that is no number counts as 0 (stale), and of
// two values for one name the one that keeps the response for less time wins (section 4.2.1).

export interface CacheControl {
  /** Directive to its value; null for a directive without one. */
  readonly directives: ReadonlyMap<string, string | null>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
/** RFC 9111 section 1.2.2: a greater delta-seconds is read as this one. */
export const MAX_DELTA_SECONDS = 2 ** 31;

export function parseCacheControl(text: string | undefined): CacheControl {
  const directives = new Map<string, string | null>();
  let at = 0;
  const source = text ?? '';
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
  return { value, at: Math.min(at + 1, source.length) };
}

function remember(directives: Map<string, string | null>, name: string, value: string | null): void {
  const earlier = directives.get(name);
  if (earlier === undefined) directives.set(name, value);
  else if (!isShorter(earlier, value)) directives.set(name, value);
}

function isShorter(earlier: string | null, later: string | null): boolean {
  // Invalid before valid: it reads as 0. A bare `private` or `no-cache` before a qualified one: it covers more.
  if (earlier === null || !/^\d+$/.test(earlier)) return true;
  return later !== null && /^\d+$/.test(later) && Number(earlier) <= Number(later);
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
