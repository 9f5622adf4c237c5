// Rate limits for any number of clients in fixed memory: GCRA (the token bucket that needs one number for each client: the
// time at which its bucket will be full again), in a table of sets of eight. A newcomer takes the place of the one whose
// bucket is fullest, which loses least by being forgotten.

/** Slots that a key can be in. */
const WAYS = 8;

export interface RateDecision {
  allowed: boolean;
  /** Whole seconds after which one more request is allowed, for Retry-After; 0 when this one was. */
  retryAfterSeconds: number;
  /** Requests that are left at once. */
  remaining: number;
}

export class RateTable {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  /** Theoretical arrival times, milliseconds; 0 in a slot that is free. */
  readonly #times: Float64Array;
  readonly #tags: Uint32Array;
  readonly #sets: number;

  /** `slots`: clients remembered, 12 bytes each; rounded up to a power of two. */
  constructor(requestsPerSecond: number, burst: number, slots = 65_536) {
    this.#intervalMs = 1000 / requestsPerSecond;
    this.#toleranceMs = this.#intervalMs * (Math.max(1, burst) - 1);
    this.#sets = 2 ** Math.ceil(Math.log2(Math.max(1, slots / WAYS)));
    this.#times = new Float64Array(this.#sets * WAYS);
    this.#tags = new Uint32Array(this.#sets * WAYS);
  }

  /**
   * One request of a client now. `hash` and `tag` are two independent hashes of who it is: clients of one set and tag
   * share a bucket, which 65 536 clients do with one chance in some 65 000 each.
   */
  take(hash: number, tag: number, nowMs: number): RateDecision {
    const slot = this.#slotOf(hash, tag, nowMs);
    const arrival = Math.max(this.#times[slot] ?? 0, nowMs);
    // A clock that went back must not lock anybody out for longer than an empty bucket does.
    const bounded = Math.min(arrival, nowMs + this.#toleranceMs + this.#intervalMs);
    const earlyMs = bounded - nowMs;
    if (earlyMs > this.#toleranceMs) {
      this.#times[slot] = bounded;
      const retryAfterSeconds = Math.max(1, Math.ceil((earlyMs - this.#toleranceMs) / 1000));
      return { allowed: false, retryAfterSeconds, remaining: 0 };
    }
    this.#times[slot] = bounded + this.#intervalMs;
    const left = this.#toleranceMs - earlyMs;
    return { allowed: true, retryAfterSeconds: 0, remaining: Math.floor(left / this.#intervalMs + 1e-9) };
  }

  #slotOf(hash: number, tag: number, nowMs: number): number {
    const first = (hash & (this.#sets - 1)) * WAYS;
    let fullest = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#tags[slot] === tag && this.#times[slot] !== 0) return slot;
      if ((this.#times[slot] ?? 0) < (this.#times[fullest] ?? 0)) fullest = slot;
    }
    this.#tags[fullest] = tag;
    this.#times[fullest] = nowMs;
    return fullest;
  }
}
