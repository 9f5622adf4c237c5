// Hashes of what was evicted lately, oldest forgotten first: the third queue of S3-FIFO. A table of hash and time in
// place of a linked queue (section 4.2 of the paper): four places a bucket, 8 bytes each, no pointers. A hash taken for
// another costs one object a place in the wrong queue, nothing else.

const WAYS = 4;
const FIRST_BUCKETS = 64;
/** 8 MiB of table; a million objects need half of it. */
const MAX_BUCKETS = 2 ** 18;

export class GhostQueue {
  #hashes = new Int32Array(FIRST_BUCKETS * WAYS);
  /** Count of evictions when the hash came in; 0 is a free place. */
  #times = new Uint32Array(FIRST_BUCKETS * WAYS);
  #clock = 0;
  #length = 0;

  /** Remembers a hash for the next `length` evictions (at least some, while the main queue is still empty). */
  add(hash: number, length: number): void {
    this.#length = Math.max(length, FIRST_BUCKETS);
    if (this.#length > this.#times.length) this.#grow();
    this.#place(hash, ++this.#clock);
  }

  /** Whether the hash is remembered; forgets it. */
  take(hash: number): boolean {
    const first = this.#bucketOf(hash);
    for (let i = first; i < first + WAYS; i++) {
      const time = this.#times[i] as number;
      if (time === 0 || this.#hashes[i] !== hash || this.#clock - time >= this.#length) continue;
      this.#times[i] = 0;
      return true;
    }
    return false;
  }

  #place(hash: number, time: number): void {
    const first = this.#bucketOf(hash);
    let oldest = first;
    for (let i = first + 1; i < first + WAYS; i++) {
      if ((this.#times[i] as number) < (this.#times[oldest] as number)) oldest = i;
    }
    this.#hashes[oldest] = hash;
    this.#times[oldest] = time;
  }

  #bucketOf(hash: number): number {
    return (hash & (this.#times.length / WAYS - 1)) * WAYS;
  }

  #grow(): void {
    if (this.#times.length >= MAX_BUCKETS * WAYS) return;
    const [hashes, times] = [this.#hashes, this.#times];
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#times = new Uint32Array(times.length * 2);
    for (let i = 0; i < times.length; i++) {
      if (times[i] !== 0) this.#place(hashes[i] as number, times[i] as number);
    }
  }
}
