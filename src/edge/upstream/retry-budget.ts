// How many retries may be made: each request puts a share of a token into the bucket, each retry takes a whole one. When
// everything fails the origin so gets 1.2 times the requests and not twice as many. A trickle per second on top lets an
// edge with few requests retry at all.

/** The bucket holds at most what the trickle brings in this time, and at least one token. */
const MAX_SECONDS = 10;
/** Ten tenths are one token, whatever binary fractions make of it. */
const ROUNDING = 1e-6;

export class RetryBudget {
  #tokens: number;
  #atMs: number;
  readonly #max: number;
  readonly #options: { budget: number; minPerSecond: number };

  constructor(options: { budget: number; minPerSecond: number }, nowMs: number) {
    this.#options = options;
    this.#max = Math.max(1, options.minPerSecond * MAX_SECONDS, options.budget * 100);
    this.#tokens = Math.min(this.#max, options.minPerSecond);
    this.#atMs = nowMs;
  }

  /** A request that is not a retry. */
  deposit(nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens = Math.min(this.#max, this.#tokens + this.#options.budget);
  }

  /** True when a retry may be made; it is then paid for. */
  withdraw(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1 - ROUNDING) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  tokens(nowMs: number): number {
    this.#refill(nowMs);
    return Math.floor(this.#tokens + ROUNDING);
  }

  #refill(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    this.#tokens = Math.min(this.#max, this.#tokens + seconds * this.#options.minPerSecond);
  }
}
