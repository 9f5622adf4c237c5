// Patterns of paths, parameters and cookies: `*` stands for any run of characters, slashes included, and nothing else is
// special. Matched piece by piece from the left, so no pattern can make a match take more than linear passes.

export type Matches = (text: string) => boolean;

/** Exact without `*`, prefix where only the last character is one; both are single comparisons. */
export function compileGlob(pattern: string): Matches {
  const star = pattern.indexOf('*');
  if (star < 0) return (text) => text === pattern;
  if (star === pattern.length - 1) {
    const prefix = pattern.slice(0, -1);
    return prefix === '' ? () => true : (text) => text.startsWith(prefix);
  }
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}

/** Any of them; false for an empty list. */
export function compileGlobs(patterns: readonly string[]): Matches {
  if (patterns.length === 0) return () => false;
  const matchers = patterns.map(compileGlob);
  return (text) => matchers.some((matches) => matches(text));
}
