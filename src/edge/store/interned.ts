// Equal values that live once: header names, directives, lists of Vary names. Bounded, because what comes from outside
// may be different every time; what does not fit is simply not shared.

const MAX_INTERNED = 4096;
const MAX_TEXT_LENGTH = 512;

export class Interned<T> {
  #values = new Map<string, T>();
  #max: number;

  constructor(max = MAX_INTERNED) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#values.size >= this.#max;
  }

  /** The value known by this text; `make` gives it when it is new. */
  get(text: string, make: () => T): T {
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    const value = make();
    if (!this.isFull && text.length <= MAX_TEXT_LENGTH) this.#values.set(text, value);
    return value;
  }
}

/** A text that is equal only for equal data; quicker than JSON, and not to be read back. */
export function identityText(value: unknown): string {
  // Lengths before strings: no character in them can imitate the structure.
  if (typeof value === 'string') return `${value.length}'${value}`;
  if (typeof value !== 'object' || value === null) return `${value};`;
  let text = '';
  if (Array.isArray(value)) {
    for (const part of value) text += identityText(part);
    return `[${text}]`;
  }
  if (value instanceof Map) {
    for (const [name, part] of value) text += identityText(name) + identityText(part);
    return `{${text}}`;
  }
  if (value instanceof Set) return `(${identityText([...value])})`;
  for (const name of Object.keys(value)) {
    text += identityText(name) + identityText((value as Record<string, unknown>)[name]);
  }
  return `<${text}>`;
}
