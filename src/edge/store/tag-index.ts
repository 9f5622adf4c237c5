// Surrogate keys to the objects that carry them, so that a purge by tag touches these and nothing else. A tag on one
// object only (the usual case: an id) costs no Set.

import { ownString } from './key-hash.ts';

/** Heap bytes of one tag on one object, its share of the tables included; measured by bench/edge/store.ts. */
export const TAG_LINK_BYTES = 56;

export class TagIndex {
  #slots = new Map<string, number | Set<number>>();
  /** Each tag's one string, shared by the objects that carry it. */
  #names = new Map<string, string>();

  get size(): number {
    return this.#slots.size;
  }

  /** The same tags as strings that live once. */
  intern(tags: readonly string[]): readonly string[] {
    return [...new Set(tags)].map((tag) => {
      const known = this.#names.get(tag);
      if (known !== undefined) return known;
      const own = ownString(tag);
      this.#names.set(own, own);
      return own;
    });
  }

  add(tag: string, slot: number): void {
    const known = this.#slots.get(tag);
    if (known === undefined) this.#slots.set(tag, slot);
    else if (typeof known !== 'number') known.add(slot);
    else if (known !== slot) this.#slots.set(tag, new Set([known, slot]));
  }

  remove(tag: string, slot: number): void {
    const known = this.#slots.get(tag);
    if (typeof known === 'object') {
      known.delete(slot);
      if (known.size > 0) return;
    } else if (known !== slot) return;
    this.#slots.delete(tag);
    this.#names.delete(tag);
  }

  slotsOf(tag: string): readonly number[] {
    const known = this.#slots.get(tag);
    if (known === undefined) return [];
    return typeof known === 'number' ? [known] : [...known];
  }

  clear(): void {
    this.#slots.clear();
    this.#names.clear();
  }
}
