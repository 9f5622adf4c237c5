// A cache without objects: keys' hashes and sizes only, run by the same policies as the live one, to tell what its hit
// ratio would be. It sees a sample of the keys (those whose hash is below a threshold) and has the same share of the
// capacity, which keeps the hit ratio (SHARDS: Waldspurger, Park, Garthwaite, Ahmad: "Efficient MRC construction with
// SHARDS", FAST 2015; miniature simulations: the same, ATC 2017).

import { createPolicy, type EvictionPolicy, type PolicyName } from './policies/eviction-policy.ts';
import { NO_SLOT, withRoomFor } from './slot-queue.ts';

export class GhostCache {
  readonly policyName: PolicyName;
  #policy: EvictionPolicy;
  #capacityBytes: number;
  #bytes = 0;
  #slots = new Map<number, number>();
  #free: number[] = [];
  #hashes = new Int32Array();
  #sizes = new Float64Array();

  constructor(policyName: PolicyName, capacityBytes: number) {
    this.policyName = policyName;
    this.#capacityBytes = capacityBytes;
    this.#policy = createPolicy(policyName, {
      capacityBytes,
      bytesOf: (slot) => this.#sizes[slot] as number,
      hashOf: (slot) => this.#hashes[slot] as number,
    });
  }

  get objects(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the object if it is there, which counts as a use; 0 if it is not. */
  look(hash: number): number {
    const slot = this.#slots.get(hash);
    if (slot === undefined) return 0;
    this.#policy.hit(slot);
    return this.#sizes[slot] as number;
  }

  store(hash: number, bytes: number): void {
    const known = this.#slots.get(hash);
    if (known !== undefined) {
      const difference = bytes - (this.#sizes[known] as number);
      this.#sizes[known] = bytes;
      this.#bytes += difference;
      if (difference !== 0) this.#policy.resize(known, difference);
      this.#makeRoom(0);
      return;
    }
    if (bytes > this.#capacityBytes) return;
    this.#makeRoom(bytes);
    const slot = this.#free.pop() ?? this.#slots.size;
    this.#sizes = withRoomFor(this.#sizes, slot);
    this.#hashes = withRoomFor(this.#hashes, slot);
    this.#sizes[slot] = bytes;
    this.#hashes[slot] = hash;
    this.#bytes += bytes;
    this.#slots.set(hash, slot);
    this.#policy.add(slot);
  }

  /** Fewer keys and a smaller cache, when the sample is thinned out. */
  thinOut(isSampled: (hash: number) => boolean, capacityBytes: number): void {
    for (const [hash, slot] of this.#slots) {
      if (isSampled(hash)) continue;
      this.#policy.remove(slot);
      this.#release(slot);
    }
    this.#capacityBytes = capacityBytes;
    this.#policy.setCapacity(capacityBytes);
    this.#makeRoom(0);
  }

  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#capacityBytes) {
      const slot = this.#policy.evict();
      if (slot === NO_SLOT) return;
      this.#release(slot);
    }
  }

  #release(slot: number): void {
    this.#slots.delete(this.#hashes[slot] as number);
    this.#bytes -= this.#sizes[slot] as number;
    this.#free.push(slot);
  }
}
