// Lists with weights (RFC 9110 section 12.4.2): `br;q=0.9, gzip`. Bounded and forgiving: an element that cannot be read is
// as if it were not there.

export interface Weighted {
  /** Lower case. */
  value: string;
  /** 0 to 1; 0 means "not this". */
  weight: number;
}

/** A list with more elements than any client sends is cut. */
const MAX_ELEMENTS = 64;

/** In the order sent. */
export function parseWeighted(text: string): Weighted[] {
  const list: Weighted[] = [];
  for (const element of text.split(',', MAX_ELEMENTS)) {
    const [first = '', ...parameters] = element.split(';');
    const value = first.trim().toLowerCase();
    if (!/^(?:[!#$%&'*+\-.^_`|~0-9a-z]+)$/.test(value)) continue;
    const weight = weightOf(parameters);
    if (weight !== undefined) list.push({ value, weight });
  }
  return list;
}

function weightOf(parameters: readonly string[]): number | undefined {
  for (const parameter of parameters) {
    const [name = '', value] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'q') continue;
    const text = value?.trim() ?? '';
    return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : undefined;
  }
  return 1;
}
