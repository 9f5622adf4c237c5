// The purges an edge has carried out, numbered and bounded: what a peer that was away asks for. A journal has an epoch,
// drawn anew when its past is lost, so that a number of one life is never taken for one of another.

import type { PurgeTarget } from './purge-target.ts';

export interface JournalEntry {
  /** 1, 2, 3, without gaps, within an epoch. */
  sequence: number;
  /** The same at every edge: a purge that comes twice counts once. */
  id: string;
  /** Milliseconds since the epoch, at the edge it was first given to; for people, nothing is decided by it. */
  atMs: number;
  target: PurgeTarget;
  soft: boolean;
  /** That edge's name. */
  from: string;
}

/** Up to where in a peer's journal somebody has followed. */
export interface JournalCursor {
  epoch: string;
  sequence: number;
}

export interface JournalPage {
  epoch: string;
  /** Sequence of the newest entry; 0 while there is none. */
  latest: number;
  /** False: entries after the cursor are lost, what was missed cannot be told. */
  complete: boolean;
  /** In order, directly after the cursor. */
  entries: JournalEntry[];
}

/** Some 2 MB; at one purge a second three hours. */
export const MOST_ENTRIES = 10_000;
/** Entries of one page; the rest is asked for with the next cursor. */
export const PAGE_ENTRIES = 1000;

export class PurgeJournal {
  readonly epoch: string;
  readonly #most: number;
  #entries: JournalEntry[] = [];
  #ids = new Set<string>();
  #latest = 0;

  /** `restored`: entries of this same epoch, in order. */
  constructor(epoch: string, restored: readonly JournalEntry[] = [], most: number = MOST_ENTRIES) {
    this.epoch = epoch;
    this.#most = most;
    for (const entry of restored) this.#add(entry);
  }

  get latest(): number {
    return this.#latest;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** The entries kept, oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Numbers and keeps a purge; undefined when it is known already. */
  append(purge: Omit<JournalEntry, 'sequence'>): JournalEntry | undefined {
    if (this.#ids.has(purge.id)) return undefined;
    const entry = { sequence: this.#latest + 1, ...purge };
    this.#add(entry);
    return entry;
  }

  /** What came after the cursor and up to `latest`; without a cursor all that is kept, complete when that is the epoch. */
  since(cursor: JournalCursor | undefined, latest = this.#latest, most = PAGE_ENTRIES): JournalPage {
    const after = cursor === undefined ? 0 : cursor.sequence;
    const first = this.#latest - this.#entries.length;
    const known = cursor === undefined || cursor.epoch === this.epoch;
    // A cursor beyond the end is of another life with the same epoch, such as a journal file restored from a backup.
    const complete = known && after >= first && after <= latest;
    const end = Math.min(latest, after + most) - first;
    const entries = complete ? this.#entries.slice(after - first, end) : [];
    return { epoch: this.epoch, latest, complete, entries };
  }

  #add(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#ids.add(entry.id);
    this.#latest = entry.sequence;
    if (this.#entries.length < 2 * this.#most) return;
    for (const { id } of this.#entries.splice(0, this.#entries.length - this.#most)) this.#ids.delete(id);
  }
}
