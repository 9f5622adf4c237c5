// The two short notations of topology files: `t1@dal 12ms` (a network, where, how far) and `fra-lon 6.5ms` (two
// cities and the delay between them). City and delay may be left out; delays are one-way.

export interface NetworkReference {
  network: string;
  city?: string;
  delayMs?: number;
}

export interface CityPair {
  a: string;
  b: string;
  delayMs?: number;
}

const DELAY = String.raw`(?:\s+(\d+(?:\.\d+)?)\s?ms)?`;

/** Sources of the regular expressions, also used by the schema. */
export const NETWORK_REFERENCE = `^([a-z][a-z0-9-]*)(?:@([a-z]+))?${DELAY}$`;
export const CITY_PAIR = `^([a-z]+)-([a-z]+)${DELAY}$`;
export const CITY_OR_PAIR = `^([a-z]+)(?:-([a-z]+))?${DELAY}$`;

/** `t1`, `t1@dal`, `t1@dal 12ms`. The schema has checked the form. */
export function parseNetworkReference(text: string): NetworkReference {
  const [, network = '', city, delay] = new RegExp(NETWORK_REFERENCE).exec(text) ?? [];
  return { network, city, delayMs: delay === undefined ? undefined : Number(delay) };
}

/** `fra-lon`, `fra-lon 6.5ms`; a single city, `fra`, is a pair within it. */
export function parseCityPair(text: string): CityPair {
  const [, a = '', b = a, delay] = new RegExp(CITY_OR_PAIR).exec(text) ?? [];
  return { a, b, delayMs: delay === undefined ? undefined : Number(delay) };
}
