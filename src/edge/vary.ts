// Vary: one URL, several stored responses (RFC 9111 section 4.1). A variant is chosen by comparing the full values of
// the request fields that its Vary names. Never by a hash of them: a collision gave brotli to clients that could
// only read gzip (haproxy issue 988).

import { type Fields, fieldValue } from './fields.ts';

export interface Vary {
  /** `Vary: *`: no stored response ever matches. */
  any: boolean;
  /** Lower-case names, sorted, each once. */
  names: readonly string[];
}

export function parseVary(text: string | undefined): Vary {
  const names = new Set<string>();
  for (const element of (text ?? '').split(',')) {
    const name = element.trim().toLowerCase();
    if (name !== '') names.add(name);
  }
  return { any: names.has('*'), names: [...names].sort() };
}

/** The request's values for these names, as a text that is equal only if every value is; '' when nothing varies. */
export function secondaryKey(names: readonly string[], requestFields: Fields): string {
  if (names.length === 0) return '';
  return JSON.stringify(names.map((name) => [name, normalise(fieldValue(requestFields, name))]));
}

/** Space around commas means nothing in a list (section 4.1 allows to normalise it); absent differs from empty. */
function normalise(value: string | undefined): string | null {
  return value === undefined ? null : value.trim().replace(/[ \t]*,[ \t]*/g, ',');
}
