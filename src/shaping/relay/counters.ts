// Counters of the relay, per direction, in one flat array: nothing is allocated while frames flow.

import type { Verdict } from '../impairment.ts';
import { type DirectionStats, LATE_BOUNDS_US } from './protocol.ts';

const FRAMES = 0;
const BYTES = 1;
const DUPLICATED = 2;
const REORDERED = 3;
const LOST = 4;
const OVER_LIMIT = 5;
const BLACKHOLED = 6;
const LATE = 7;
const STRIDE = LATE + LATE_BOUNDS_US.length + 1;

export class Counters {
  readonly #values: Float64Array;

  constructor(directions: number) {
    this.#values = new Float64Array(directions * STRIDE);
  }

  arrived(direction: number, verdict: Verdict, duplicate: boolean): void {
    if (duplicate) this.#add(direction, DUPLICATED, 1);
    if (verdict === 'held') return;
    if (verdict === 'at-once') this.#add(direction, REORDERED, 1);
    else if (verdict === 'lost') this.#add(direction, LOST, 1);
    else if (verdict === 'over-limit') this.#add(direction, OVER_LIMIT, 1);
    else this.#add(direction, BLACKHOLED, 1);
  }

  sent(direction: number, bytes: number, lateNs: number): void {
    this.#add(direction, FRAMES, 1);
    this.#add(direction, BYTES, bytes);
    let bucket = 0;
    while (bucket < LATE_BOUNDS_US.length && lateNs >= (LATE_BOUNDS_US[bucket] as number) * 1000) bucket++;
    this.#add(direction, LATE + bucket, 1);
  }

  reset(direction: number): void {
    this.#values.fill(0, direction * STRIDE, (direction + 1) * STRIDE);
  }

  read(direction: number): DirectionStats {
    const at = (field: number) => this.#values[direction * STRIDE + field] as number;
    return {
      frames: at(FRAMES),
      bytes: at(BYTES),
      lost: at(LOST),
      overLimit: at(OVER_LIMIT),
      blackholed: at(BLACKHOLED),
      duplicated: at(DUPLICATED),
      reordered: at(REORDERED),
      late: Array.from({ length: LATE_BOUNDS_US.length + 1 }, (_, bucket) => at(LATE + bucket)),
    };
  }

  #add(direction: number, field: number, amount: number): void {
    const at = direction * STRIDE + field;
    this.#values[at] = (this.#values[at] as number) + amount;
  }
}
