// Which keys are asked for most, in bounded memory: the space-saving sketch (Metwally, Agrawal and El Abbadi 2005). It
// holds a fixed number of counters; a new key takes over the smallest one with its count, so a count is never too low
// and too high by at most total / counters. Counts are halved every half-life, which makes them a rate.

interface Counter {
  count: number;
  /** How much of the count may belong to the keys that had the counter before. */
  error: number;
}

export class HotKeys {
  readonly #counters = new Map<string, Counter>();
  readonly #capacity: number;
  readonly #halfLifeMs: number;
  #decayedAtMs: number | undefined;

  /** `capacity`: counters held. `halfLifeMs`: how soon a key cools down. */
  constructor(capacity = 256, halfLifeMs = 5000) {
    this.#capacity = capacity;
    this.#halfLifeMs = halfLifeMs;
  }

  /** Counts the key; the requests per second it surely has by now (a lower bound: what came before it is left out). */
  touch(key: string, nowMs: number): number {
    this.#decay(nowMs);
    let counter = this.#counters.get(key);
    if (!counter) {
      counter = { count: 0, error: 0 };
      if (this.#counters.size >= this.#capacity) {
        const [smallest, { count }] = this.#smallest();
        this.#counters.delete(smallest);
        counter = { count, error: count };
      }
      this.#counters.set(key, counter);
    }
    counter.count++;
    // A steady rate r settles at r * halfLife / ln 2: what decays away is what comes in.
    return ((counter.count - counter.error) * Math.LN2 * 1000) / this.#halfLifeMs;
  }

  get size(): number {
    return this.#counters.size;
  }

  #smallest(): [string, Counter] {
    let found: [string, Counter] | undefined;
    for (const entry of this.#counters) {
      if (!found || entry[1].count < found[1].count) found = entry;
      if (found[1].count <= 1) break;
    }
    return found as [string, Counter];
  }

  /** In steps of a sixteenth of the half-life, so that a touch costs no pass over all counters. */
  #decay(nowMs: number): void {
    this.#decayedAtMs ??= nowMs;
    const elapsedMs = nowMs - this.#decayedAtMs;
    if (elapsedMs < this.#halfLifeMs / 16) return;
    this.#decayedAtMs = nowMs;
    const factor = 0.5 ** (elapsedMs / this.#halfLifeMs);
    for (const [key, counter] of this.#counters) {
      counter.count *= factor;
      counter.error *= factor;
      if (counter.count < 0.5) this.#counters.delete(key);
    }
  }
}
