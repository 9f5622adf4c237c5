// Greedy-Dual-Size-Frequency with cost 1 (Cherkasova: "Improving WWW proxies performance with Greedy-Dual-Size-Frequency
// caching policy", HP Labs 1998): evicts what has the fewest hits per byte, and ages by raising the clock to the priority
// of each victim. Many small objects instead of a few large ones: most requests saved, fewer bytes saved.

import { NO_SLOT, withRoomFor } from '../slot-queue.ts';
import type { EvictionPolicy, PolicyContext } from './eviction-policy.ts';

export function createGdsf(context: PolicyContext): EvictionPolicy {
  return new Gdsf(context);
}

/** A binary heap by priority, the least on top; `#places` tells where in it a slot is. */
class Gdsf implements EvictionPolicy {
  #context: PolicyContext;
  #heap = new Int32Array();
  #length = 0;
  #places = new Int32Array();
  #priorities = new Float64Array();
  #hits = new Uint32Array();
  #clock = 0;

  constructor(context: PolicyContext) {
    this.#context = context;
  }

  add(slot: number): void {
    this.#heap = withRoomFor(this.#heap, this.#length);
    this.#places = withRoomFor(this.#places, slot);
    this.#priorities = withRoomFor(this.#priorities, slot);
    this.#hits = withRoomFor(this.#hits, slot);
    this.#hits[slot] = 1;
    this.#setPriority(slot);
    this.#put(this.#length++, slot);
    this.#rise(slot);
  }

  hit(slot: number): void {
    this.#hits[slot] = (this.#hits[slot] as number) + 1;
    this.#setPriority(slot);
    this.#sink(slot);
  }

  resize(slot: number): void {
    this.#setPriority(slot);
    this.#rise(slot);
    this.#sink(slot);
  }

  remove(slot: number): void {
    const place = this.#places[slot] as number;
    const last = this.#heap[--this.#length] as number;
    if (last === slot) return;
    this.#put(place, last);
    this.#rise(last);
    this.#sink(last);
  }

  evict(): number {
    if (this.#length === 0) return NO_SLOT;
    const slot = this.#heap[0] as number;
    this.#clock = this.#priorities[slot] as number;
    this.remove(slot);
    return slot;
  }

  setCapacity(): void {}

  #setPriority(slot: number): void {
    const hits = this.#hits[slot] as number;
    this.#priorities[slot] = this.#clock + hits / Math.max(1, this.#context.bytesOf(slot));
  }

  #rise(slot: number): void {
    const priority = this.#priorities[slot] as number;
    let place = this.#places[slot] as number;
    while (place > 0) {
      const parent = this.#heap[(place - 1) >> 1] as number;
      if ((this.#priorities[parent] as number) <= priority) break;
      this.#put(place, parent);
      place = (place - 1) >> 1;
    }
    this.#put(place, slot);
  }

  #sink(slot: number): void {
    const priority = this.#priorities[slot] as number;
    let place = this.#places[slot] as number;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && this.#priorityAt(child + 1) < this.#priorityAt(child)) child++;
      if (this.#priorityAt(child) >= priority) break;
      this.#put(place, this.#heap[child] as number);
      place = child;
    }
    this.#put(place, slot);
  }

  #priorityAt(place: number): number {
    return this.#priorities[this.#heap[place] as number] as number;
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#places[slot] = place;
  }
}
