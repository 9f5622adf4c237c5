// How many requests may be on the way to one origin (or of one route) at once, with a bounded line of those that wait for
// their turn. First come, first served; who leaves the line is passed over. Pure: time-outs are the caller's, by `leave`.

export interface Turn {
  /** Its own way on has ended, or it no longer wants its turn; harmless when called again. */
  leave(): void;
}

export type GateAnswer = 'entered' | 'waiting' | 'refused';

export class ConcurrencyGate {
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #line: { onTurn: () => void; waiting: boolean }[] = [];
  #inside = 0;

  constructor(max: number, maxWaiting = 0) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /** `onTurn` is called at once when there is room (before this returns), later when it has to wait, never if refused. */
  enter(onTurn: () => void): { answer: GateAnswer; turn: Turn } {
    if (this.#inside < this.#max) {
      this.#inside++;
      onTurn();
      return { answer: 'entered', turn: { leave: once(() => this.#left()) } };
    }
    if (this.#line.length >= this.#maxWaiting) return { answer: 'refused', turn: { leave: () => {} } };
    const place = { onTurn, waiting: true };
    this.#line.push(place);
    const leave = once(() => {
      if (!place.waiting) return this.#left();
      place.waiting = false;
      this.#line.splice(this.#line.indexOf(place), 1);
    });
    return { answer: 'waiting', turn: { leave } };
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#line.length;
  }

  #left(): void {
    this.#inside--;
    while (this.#inside < this.#max) {
      const next = this.#line.shift();
      if (!next) return;
      next.waiting = false;
      this.#inside++;
      next.onTurn();
    }
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
