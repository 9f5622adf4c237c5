// The Cookie field as the pairs it is made of (RFC 6265 section 4.2.1), for keys, bypass rules and stripping.

import type { Fields } from '../fields.ts';

export interface Cookie {
  name: string;
  value: string;
}

/** In the order sent, duplicates included: which of two an origin takes is its own affair. */
export function requestCookies(fields: Fields): Cookie[] {
  const cookies: Cookie[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const field = fields[i] as string;
    if (field.length !== 6 || field.toLowerCase() !== 'cookie') continue;
    for (const pair of (fields[i + 1] as string).split(';')) {
      const text = pair.trim();
      if (text === '') continue;
      const equals = text.indexOf('=');
      // A pair without `=` is a value without a name to some and a name without a value to others.
      cookies.push(
        equals < 0
          ? { name: text, value: '' }
          : { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() },
      );
    }
  }
  return cookies;
}

/** Of one name, all of them; undefined without any. */
export function cookieValues(cookies: readonly Cookie[], name: string): readonly string[] | undefined {
  const values = cookies.filter((cookie) => cookie.name === name).map((cookie) => cookie.value);
  return values.length === 0 ? undefined : values;
}

/** The Cookie field of these names only; undefined when none is left. */
export function cookieField(cookies: readonly Cookie[], names: readonly string[]): string | undefined {
  const kept = cookies.filter(({ name }) => names.includes(name));
  return kept.length === 0 ? undefined : kept.map(({ name, value }) => `${name}=${value}`).join('; ');
}
