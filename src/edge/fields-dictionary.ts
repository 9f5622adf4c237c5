// Structured Fields dictionaries (RFC 9651 section 4.2, which takes in RFC 8941): one strict parser, because a field that
// does not parse must be ignored as a whole, and two caches that guess differently cache differently.

export type BareItem =
  | { type: 'integer' | 'decimal' | 'date'; value: number }
  | { type: 'string' | 'token' | 'display-string' | 'bytes'; value: string }
  | { type: 'boolean'; value: boolean };

/** An item or, between parentheses, a list of them. Parameters are checked and dropped: no directive has any. */
export type Member = BareItem | { type: 'inner-list'; value: readonly BareItem[] };

/** Undefined when the text is not a dictionary; empty when there is nothing in it. A later member replaces an earlier. */
export function parseDictionary(text: string): ReadonlyMap<string, Member> | undefined {
  const input: Input = { text, at: 0 };
  try {
    return dictionary(input);
  } catch (error) {
    if (error instanceof NotStructured) return undefined;
    throw error;
  }
}

interface Input {
  readonly text: string;
  at: number;
}

class NotStructured extends Error {}

function dictionary(input: Input): Map<string, Member> {
  const members = new Map<string, Member>();
  skip(input, ' ');
  while (input.at < input.text.length) {
    const name = key(input);
    let member: Member = { type: 'boolean', value: true };
    if (take(input, '=')) member = input.text[input.at] === '(' ? innerList(input) : bareItem(input);
    parameters(input);
    // Replaced at its new place, as section 4.2.2 says.
    members.delete(name);
    members.set(name, member);
    skip(input, ' \t');
    if (input.at === input.text.length) return members;
    if (!take(input, ',')) fail();
    skip(input, ' \t');
    if (input.at === input.text.length) fail();
  }
  return members;
}

function innerList(input: Input): Member {
  input.at++;
  const items: BareItem[] = [];
  for (;;) {
    skip(input, ' ');
    if (take(input, ')')) return { type: 'inner-list', value: items };
    items.push(bareItem(input));
    parameters(input);
    const next = input.text[input.at];
    if (next !== ' ' && next !== ')') fail();
  }
}

function parameters(input: Input): void {
  while (take(input, ';')) {
    skip(input, ' ');
    key(input);
    if (take(input, '=')) bareItem(input);
  }
}

function key(input: Input): string {
  return match(input, /[a-z*][a-z0-9_\-.*]*/y);
}

function bareItem(input: Input): BareItem {
  const first = input.text[input.at] ?? '';
  if (first === '-' || (first >= '0' && first <= '9')) return number(input);
  if (first === '"') return { type: 'string', value: string(input) };
  if (first === '?') return { type: 'boolean', value: match(input, /\?[01]/y) === '?1' };
  if (first === ':') return { type: 'bytes', value: match(input, /:[A-Za-z0-9+/=]*:/y).slice(1, -1) };
  if (first === '@') return date(input);
  if (first === '%') return { type: 'display-string', value: displayString(input) };
  return { type: 'token', value: match(input, /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y) };
}

/** At most 15 digits, or 12 and 3 behind the point (section 4.2.4). */
function number(input: Input): BareItem {
  const text = match(input, /-?[0-9]+(?:\.[0-9]*)?/y);
  const [, whole = '', fraction] = /^-?(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  if (fraction === undefined) {
    if (whole.length > 15) fail();
    return { type: 'integer', value: Number(text) };
  }
  if (whole.length > 12 || fraction.length < 1 || fraction.length > 3) fail();
  return { type: 'decimal', value: Number(text) };
}

function string(input: Input): string {
  const quoted = match(input, /"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y);
  return quoted.slice(1, -1).replace(/\\(.)/g, '$1');
}

function date(input: Input): BareItem {
  input.at++;
  const item = number(input);
  if (item.type !== 'integer') fail();
  return { type: 'date', value: item.value as number };
}

function displayString(input: Input): string {
  const quoted = match(input, /%"(?:[\x20-\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y);
  try {
    return decodeURIComponent(quoted.slice(2, -1));
  } catch {
    return fail();
  }
}

function match(input: Input, pattern: RegExp): string {
  pattern.lastIndex = input.at;
  const found = pattern.exec(input.text)?.[0];
  if (found === undefined) return fail();
  input.at += found.length;
  return found;
}

function take(input: Input, character: string): boolean {
  if (input.text[input.at] !== character) return false;
  input.at++;
  return true;
}

function skip(input: Input, characters: string): void {
  while (input.at < input.text.length && characters.includes(input.text[input.at] as string)) input.at++;
}

function fail(): never {
  throw new NotStructured();
}
