// At most so many requests under way at one member; a bounded number waits in line, each only until its deadline. An
// origin that hangs so costs a bounded number of waiting clients, and the rest learn at once that it is full.

/** Calls back after `ms`; the function returned takes it back. */
export type SetTimer = (ms: number, callback: () => void) => () => void;

export interface Place {
  /** To be called once, whether the turn had come or not. */
  leave(): void;
}

interface Waiting {
  enter(): void;
  stopTimer(): void;
}

export class ConcurrencyGate {
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #queueTimeoutMs: number;
  readonly #setTimer: SetTimer;
  readonly #queue = new Set<Waiting>();
  #inside = 0;

  constructor(limit: number, queueLimit: number, queueTimeoutMs: number, setTimer: SetTimer) {
    this.#limit = limit;
    this.#queueLimit = queueLimit;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#setTimer = setTimer;
  }

  get inside(): number {
    return this.#inside;
  }

  get queued(): number {
    return this.#queue.size;
  }

  get full(): boolean {
    return this.#inside >= this.#limit;
  }

  /** `enter` is called at once or when a place is free; otherwise `refuse`, once, with the reason. */
  ask(enter: () => void, refuse: (reason: string) => void): Place {
    let state: 'waiting' | 'inside' | 'gone' = 'waiting';
    const waiting: Waiting = {
      enter: () => {
        state = 'inside';
        this.#inside++;
        enter();
      },
      stopTimer: () => {},
    };
    const place = {
      leave: () => {
        if (state === 'inside') {
          this.#inside--;
          this.#admitNext();
        } else if (state === 'waiting') this.#drop(waiting);
        state = 'gone';
      },
    };
    if (!this.full) waiting.enter();
    else if (this.#queue.size >= this.#queueLimit) {
      state = 'gone';
      refuse(`${this.#limit} requests under way and ${this.#queueLimit} waiting`);
    } else {
      this.#queue.add(waiting);
      waiting.stopTimer = this.#setTimer(this.#queueTimeoutMs, () => {
        state = 'gone';
        this.#queue.delete(waiting);
        refuse(`no free place within ${this.#queueTimeoutMs} ms`);
      });
    }
    return place;
  }

  #admitNext(): void {
    for (const waiting of this.#queue) {
      if (this.full) return;
      this.#drop(waiting);
      waiting.enter();
    }
  }

  #drop(waiting: Waiting): void {
    waiting.stopTimer();
    this.#queue.delete(waiting);
  }
}
