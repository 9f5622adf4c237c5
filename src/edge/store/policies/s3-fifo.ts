// S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need for cache eviction", SOSP 2023). New objects
// pass through a small queue of a tenth of the bytes; only those asked for again there reach the main queue, so
// one-hit wonders and scans push out nothing. What leaves the small queue is remembered by its hash for a while and
// goes straight to the main queue if it comes back.

import { NO_SLOT, SlotLinks, SlotQueue, withRoomFor } from '../slot-queue.ts';
import type { EvictionPolicy, PolicyContext } from './eviction-policy.ts';
import { GhostQueue } from './ghost-queue.ts';

const SMALL_SHARE = 0.1;
/** Hits counted per object; more would only delay its eviction (section 4.1 of the paper: two bits). */
const MAX_HITS = 3;
const HITS_MASK = 3;
const IN_MAIN = 4;

export function createS3Fifo(context: PolicyContext): EvictionPolicy {
  return new S3Fifo(context);
}

class S3Fifo implements EvictionPolicy {
  #context: PolicyContext;
  #capacityBytes: number;
  #small: SlotQueue;
  #main: SlotQueue;
  #smallBytes = 0;
  #mainObjects = 0;
  #state = new Uint8Array();
  #ghosts = new GhostQueue();

  constructor(context: PolicyContext) {
    const links = new SlotLinks();
    this.#context = context;
    this.#capacityBytes = context.capacityBytes;
    this.#small = new SlotQueue(links);
    this.#main = new SlotQueue(links);
  }

  add(slot: number): void {
    this.#state = withRoomFor(this.#state, slot);
    if (this.#ghosts.take(this.#context.hashOf(slot))) {
      this.#pushToMain(slot);
    } else {
      this.#state[slot] = 0;
      this.#small.push(slot);
      this.#smallBytes += this.#context.bytesOf(slot);
    }
  }

  hit(slot: number): void {
    const state = this.#state[slot] as number;
    if ((state & HITS_MASK) < MAX_HITS) this.#state[slot] = state + 1;
  }

  resize(slot: number, differenceBytes: number): void {
    if (!this.#isInMain(slot)) this.#smallBytes += differenceBytes;
  }

  remove(slot: number): void {
    if (this.#isInMain(slot)) {
      this.#main.remove(slot);
      this.#mainObjects--;
    } else {
      this.#small.remove(slot);
      this.#smallBytes -= this.#context.bytesOf(slot);
    }
  }

  evict(): number {
    for (;;) {
      const small = this.#small.oldest;
      const main = this.#main.oldest;
      if (small !== NO_SLOT && (main === NO_SLOT || this.#smallBytes >= this.#capacityBytes * SMALL_SHARE)) {
        this.remove(small);
        if (((this.#state[small] as number) & HITS_MASK) > 0) {
          this.#pushToMain(small);
          continue;
        }
        this.#ghosts.add(this.#context.hashOf(small), this.#mainObjects);
        return small;
      }
      if (main === NO_SLOT) return NO_SLOT;
      this.remove(main);
      const hits = (this.#state[main] as number) & HITS_MASK;
      if (hits === 0) return main;
      this.#pushToMain(main);
      this.#state[main] = IN_MAIN | (hits - 1);
    }
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  #isInMain(slot: number): boolean {
    return ((this.#state[slot] as number) & IN_MAIN) !== 0;
  }

  #pushToMain(slot: number): void {
    this.#state[slot] = IN_MAIN;
    this.#main.push(slot);
    this.#mainObjects++;
  }
}
