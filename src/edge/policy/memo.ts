// Remembers what was made of a text, for fields that browsers send in a few thousand forms: parsing one costs more than
// finding it. Emptied when full, since clients choose the texts.

const MOST_TEXTS = 2048;
/** Longer ones are no browser's, and would fill the memory with what never comes again. */
const LONGEST = 512;

export function memoised<Result>(make: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    if (text.length > LONGEST) return make(text);
    const earlier = known.get(text);
    if (earlier !== undefined) return earlier;
    const result = make(text);
    if (known.size >= MOST_TEXTS) known.clear();
    known.set(text, result);
    return result;
  };
}
