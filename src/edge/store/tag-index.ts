// Surrogate keys to the objects that carry them, so that a purge by tag touches these and nothing else. A tag on one
// object only (the usual case: an id) costs no Set.

import { ownString } from './key-hash.ts';

/** Heap bytes of one tag on one object, its share of the tables and lists included; measured by bench/edge/store.ts. */
export const TAG_LINK_BYTES = 100;

interface Shared {
  name: string;
  slots: Set<number>;
}

export class TagIndex {
  #slots = new Map<string, number | Shared>();
  #tagsAt: (slot: number) => readonly string[];

  /** `tagsAt` gives the tags of the object in a slot: where the one string of a tag is found that only it carries. */
  constructor(tagsAt: (slot: number) => readonly string[]) {
    this.#tagsAt = tagsAt;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The same tags, each once, as strings that all objects share. */
  intern(tags: readonly string[]): readonly string[] {
    return [...new Set(tags)].map((tag) => {
      const known = this.#slots.get(tag);
      if (typeof known === 'object') return known.name;
      const name = known === undefined ? undefined : this.#tagsAt(known).find((one) => one === tag);
      return name ?? ownString(tag);
    });
  }

  add(tag: string, slot: number): void {
    const known = this.#slots.get(tag);
    if (known === undefined) this.#slots.set(tag, slot);
    else if (typeof known !== 'number') known.slots.add(slot);
    else if (known !== slot) this.#slots.set(tag, { name: tag, slots: new Set([known, slot]) });
  }

  remove(tag: string, slot: number): void {
    const known = this.#slots.get(tag);
    if (typeof known === 'object') {
      known.slots.delete(slot);
      if (known.slots.size > 0) return;
    } else if (known !== slot) return;
    this.#slots.delete(tag);
  }

  slotsOf(tag: string): readonly number[] {
    const known = this.#slots.get(tag);
    if (known === undefined) return [];
    return typeof known === 'number' ? [known] : [...known.slots];
  }

  clear(): void {
    this.#slots.clear();
  }
}
