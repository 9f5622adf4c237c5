// A big value in parts: for a thread that gets it by messages and must not be busy with one for long. What a message costs
// its receiver is nearly all in its Maps and arrays, so those that are long travel as runs of entries.

/** Of a Map: [key, value] pairs; of an array: its elements. */
type Entries = readonly unknown[];

/** Plain data. A Map or an array is told by its place in `holders`, counted over all parts so far. */
export interface Part {
  /** Of the first part only: the value, its long Maps and arrays empty. */
  root?: { value: unknown };
  /** Empty ones that this part brings: the very objects in `root` or `entries`, which structured clone preserves. */
  holders: (Map<unknown, unknown> | unknown[])[];
  /** What belongs into the holder with that number. */
  into?: { holder: number; entries: Entries };
}

/**
 * The parts of a value, in the order that `Assembly` wants them. Objects, arrays and Maps are looked into; whatever else
 * (typed arrays, shared memory) stays as it is. `run` is how many entries a part has at most. No cycles.
 */
export function* takeApart(value: unknown, run: number): Generator<Part, void> {
  /** Of holders that have been sent, what is to come into them. */
  const waiting: (Map<unknown, unknown> | Entries)[] = [];
  const part = (make: (hollow: (value: unknown) => unknown) => Omit<Part, 'holders'>): Part => {
    const holders: Part['holders'] = [];
    const hollow = (inner: unknown): unknown => {
      if (Array.isArray(inner) || inner instanceof Map) {
        const isArray = Array.isArray(inner);
        if ((isArray ? inner.length : inner.size) > run) {
          const holder = isArray ? [] : new Map();
          holders.push(holder);
          waiting.push(inner);
          return holder;
        }
        const entries = hollowEntries(inner, [...inner], hollow);
        return isArray ? entries : new Map(entries as [unknown, unknown][]);
      }
      return isPlainObject(inner)
        ? Object.fromEntries(Object.entries(inner).map(([key, field]) => [key, hollow(field)]))
        : inner;
    };
    return { ...make(hollow), holders };
  };
  yield part((hollow) => ({ root: { value: hollow(value) } }));
  for (let holder = 0; holder < waiting.length; holder++) {
    const whole = waiting[holder] as Map<unknown, unknown> | Entries;
    const entries = [...whole];
    for (let at = 0; at < entries.length; at += run) {
      const some = entries.slice(at, at + run);
      yield part((hollow) => ({ into: { holder, entries: hollowEntries(whole, some, hollow) } }));
    }
    waiting[holder] = [];
  }
}

/** Keys are not looked into. */
function hollowEntries(of: unknown, entries: Entries, hollow: (value: unknown) => unknown): Entries {
  if (!(of instanceof Map)) return entries.map(hollow);
  return (entries as [unknown, unknown][]).map(([key, value]) => [key, hollow(value)]);
}

/** Puts the parts together again. */
export class Assembly {
  #root: { value: unknown } | undefined;
  readonly #holders: Part['holders'] = [];

  add({ root, holders, into }: Part): void {
    if (root) this.#root = root;
    this.#holders.push(...holders);
    if (!into) return;
    const holder = this.#holders[into.holder];
    if (Array.isArray(holder)) holder.push(...into.entries);
    else for (const [key, value] of into.entries as [unknown, unknown][]) holder?.set(key, value);
  }

  /** When all parts have been added. */
  value(): unknown {
    if (!this.#root) throw new Error('the first part is missing');
    return this.#root.value;
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
