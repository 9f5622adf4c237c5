// Whether the disk is worth trying: after an error it is left alone, twice as long each time. ENOSPC and EIO are states of
// a machine, not of an object; asking again for every request would only make them worse.

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

export interface DiskHealthOptions {
  now(): number;
  /** Told once when it pauses and once when it is well again. */
  onEvent?(event: 'disk-paused' | 'disk-resumed', details: { reason: string; pauseMs: number }): void;
}

export class DiskHealth {
  #options: DiskHealthOptions;
  #pauseMs = 0;
  #untilMs = 0;
  reason: string | undefined;
  errors = 0;

  constructor(options: DiskHealthOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.reason !== undefined;
  }

  /** True also when a pause is over and one try is due. */
  mayTry(): boolean {
    return !this.isPaused || this.#options.now() >= this.#untilMs;
  }

  failed(reason: string): void {
    this.errors++;
    const wasPaused = this.isPaused;
    this.reason = reason;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#untilMs = this.#options.now() + this.#pauseMs;
    if (!wasPaused) this.#options.onEvent?.('disk-paused', { reason, pauseMs: this.#pauseMs });
  }

  succeeded(): void {
    if (this.reason !== undefined)
      this.#options.onEvent?.('disk-resumed', { reason: this.reason, pauseMs: 0 });
    this.reason = undefined;
    this.#pauseMs = 0;
  }
}
