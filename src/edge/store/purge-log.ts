// What was purged and when, as sequence numbers: answers "was this object purged after it was stored (or after its
// fetch began)?" without a scan. Kept for three readers: fills under way, the lazy half of purges by prefix and of soft
// purge-all, and the disk tier.
//
// By prefix it is a table per length of prefix: a lookup costs one slice of the key for each different length. A trie
// of all keys would answer at once and cost more memory than the keys; a scan would stop the edge.

export type PurgeKind = 'all' | 'key' | 'prefix' | 'tag';

export interface Purge {
  kind: PurgeKind;
  /** Key, prefix or tag; '' for all. */
  value: string;
  soft: boolean;
  sequence: number;
  /** Milliseconds since the epoch. */
  atMs: number;
}

export type PurgeVerdict = { action: 'keep' } | { action: 'remove' } | { action: 'mark'; atMs: number };

interface Mark {
  hardSequence: number;
  softSequence: number;
  softAtMs: number;
}

const KEEP: PurgeVerdict = { action: 'keep' };
const REMOVE: PurgeVerdict = { action: 'remove' };
/** About 2 MB of marks. Beyond it the older half is forgotten, and with it every fill that is as old. */
const MAX_MARKS = 16_384;

export class PurgeLog {
  #marks: Record<PurgeKind, Map<string, Mark>> = newMarks();
  /** Length of prefix to how many marks have it. */
  #prefixLengths = new Map<number, number>();
  #maxMarks: number;
  /** What is older than this counts as purged, since nobody knows any more. */
  floor = 0;

  constructor(maxMarks = MAX_MARKS) {
    this.#maxMarks = maxMarks;
  }

  get size(): number {
    const { key, prefix, tag } = this.#marks;
    return key.size + prefix.size + tag.size;
  }

  /** The next mark makes it forget the older half. */
  get isFull(): boolean {
    return this.size >= this.#maxMarks;
  }

  record(purge: Purge): void {
    if (this.isFull) this.#forgetOlderHalf();
    const marks = this.#marks[purge.kind];
    const mark = marks.get(purge.value) ?? { hardSequence: 0, softSequence: 0, softAtMs: 0 };
    if (purge.kind === 'prefix' && !marks.has(purge.value)) this.#countPrefix(purge.value, 1);
    if (purge.soft) {
      mark.softSequence = purge.sequence;
      mark.softAtMs = purge.atMs;
    } else mark.hardSequence = purge.sequence;
    marks.set(purge.value, mark);
  }

  /** What purges after `sequence` mean for an object that was stored, or whose fetch began, at `sequence`. */
  since(sequence: number, key: string, tags: readonly string[]): PurgeVerdict {
    if (sequence < this.floor) return REMOVE;
    let soft: Mark | undefined;
    const look = (mark: Mark | undefined): boolean => {
      if (mark === undefined) return false;
      if (mark.softSequence > sequence && mark.softSequence > (soft?.softSequence ?? 0)) soft = mark;
      return mark.hardSequence > sequence;
    };
    if (look(this.#marks.all.get('')) || look(this.#marks.key.get(key))) return REMOVE;
    if (this.#marks.tag.size > 0) {
      for (const tag of tags) if (look(this.#marks.tag.get(tag))) return REMOVE;
    }
    for (const length of this.#prefixLengths.keys()) {
      if (length <= key.length && look(this.#marks.prefix.get(key.slice(0, length)))) return REMOVE;
    }
    return soft ? { action: 'mark', atMs: soft.softAtMs } : KEEP;
  }

  /** Forgets marks up to this sequence; for a reader all of whose objects are newer. */
  forgetUpTo(sequence: number): void {
    for (const kind of ['all', 'key', 'prefix', 'tag'] as const) {
      for (const [value, mark] of this.#marks[kind]) {
        if (Math.max(mark.hardSequence, mark.softSequence) > sequence) continue;
        this.#marks[kind].delete(value);
        if (kind === 'prefix') this.#countPrefix(value, -1);
      }
    }
  }

  *purges(): IterableIterator<Purge> {
    for (const kind of ['all', 'key', 'prefix', 'tag'] as const) {
      for (const [value, { hardSequence, softSequence, softAtMs }] of this.#marks[kind]) {
        if (hardSequence > 0) yield { kind, value, soft: false, sequence: hardSequence, atMs: 0 };
        if (softSequence > 0) yield { kind, value, soft: true, sequence: softSequence, atMs: softAtMs };
      }
    }
  }

  #forgetOlderHalf(): void {
    const sequences = [...this.purges()].map((purge) => purge.sequence).sort((a, b) => a - b);
    const middle = sequences[sequences.length >> 1] ?? 0;
    this.floor = Math.max(this.floor, middle);
    this.forgetUpTo(middle);
  }

  #countPrefix(prefix: string, difference: number): void {
    const count = (this.#prefixLengths.get(prefix.length) ?? 0) + difference;
    if (count === 0) this.#prefixLengths.delete(prefix.length);
    else this.#prefixLengths.set(prefix.length, count);
  }
}

function newMarks(): Record<PurgeKind, Map<string, Mark>> {
  return { all: new Map(), key: new Map(), prefix: new Map(), tag: new Map() };
}
