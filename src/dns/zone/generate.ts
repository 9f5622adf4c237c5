// $GENERATE, BIND's shorthand for many records that differ in a number:
// `$GENERATE 1-254/2 host${0,3,d} A 192.0.2.$` (BIND ARM, "The $GENERATE Directive"). Each number becomes the text of one
// entry, which is then parsed as if it had been written out.

import type { Token } from '../wire/rdata.ts';

/** A mistyped range must not fill the memory: two /16 of reverse names are more than anyone writes in one line. */
const MAX_GENERATED = 131_072;

/** The entries' words, in order; a string says what is wrong. `words` are those behind the directive. */
export function generate(words: readonly Token[]): Token[][] | string {
  const [rangeToken, ...template] = words;
  const range = /^(\d{1,9})-(\d{1,9})(?:\/(\d{1,9}))?$/.exec(rangeToken?.text ?? '');
  if (!range) return '$GENERATE needs a range such as 1-254 or 0-100/2';
  const [start, stop, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)];
  if (start > stop || step === 0) return `$GENERATE counts upwards: ${rangeToken?.text} is no range`;
  if ((stop - start) / step >= MAX_GENERATED) return `$GENERATE makes at most ${MAX_GENERATED} records`;
  if (template.length < 3) return '$GENERATE needs an owner, a type and data behind the range';
  const entries: Token[][] = [];
  for (let n = start; n <= stop; n += step) {
    const entry: Token[] = [];
    for (const token of template) {
      const text = substitute(token.text, n);
      if (text === undefined) return `$GENERATE cannot fill in \`${token.text}\``;
      entry.push({ ...token, text });
    }
    entries.push(entry);
  }
  return entries;
}

/** `$` is the number, `$$` and `\$` a dollar, `${offset,width,base}` the number changed: base d, o, x, X, n or N. */
function substitute(text: string, n: number): string | undefined {
  let bad = false;
  const filled = text.replace(/\\\$|\$\$|\$\{([^}]*)\}|\$/g, (match, modifiers: string | undefined) => {
    if (match === '\\$' || match === '$$') return '$';
    const parsed = /^(-?\d{1,9})(?:,(\d{1,3})(?:,([doxXnN]))?)?$/.exec(modifiers ?? '0');
    const value = n + Number(parsed?.[1]);
    const base = parsed?.[3] ?? 'd';
    if (!parsed || value < 0) {
      bad = true;
      return '';
    }
    return numberText(value, Number(parsed[2] ?? 0), base);
  });
  return bad ? undefined : filled;
}

function numberText(value: number, width: number, base: string): string {
  if (base === 'n' || base === 'N') return nibbles(value, width, base === 'N');
  const text = value.toString({ d: 10, o: 8 }[base] ?? 16).padStart(width, '0');
  return base === 'X' ? text.toUpperCase() : text;
}

/** Reversed hexadecimal digits with dots between, as below ip6.arpa; the width counts the dots. */
function nibbles(value: number, width: number, upper: boolean): string {
  const digits = [...value.toString(16)].reverse();
  while (2 * digits.length - 1 < width) digits.push('0');
  const text = digits.join('.');
  return upper ? text.toUpperCase() : text;
}
