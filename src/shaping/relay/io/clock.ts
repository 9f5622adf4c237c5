// The relay's clock: nanoseconds on CLOCK_MONOTONIC for deadlines, and the way from the kernel's arrival stamps
// (CLOCK_REALTIME) to it. Numbers count from the start of the process, so that a double holds them exactly.

import { clockGettime, mapMemory } from '../../../net/io/libc.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
/** The two clocks are slewed alike; only a step of the wall clock moves them apart, so a look now and then is enough. */
const OFFSET_AGE_NS = 100e6;

export class RelayClock {
  readonly #memory = mapMemory(4096);
  readonly #words = new Uint32Array(this.#memory.view);
  readonly #baseSeconds: number;
  readonly #realtimeBaseSeconds: number;
  #offsetNs = 0;
  #offsetReadAtNs = Number.NEGATIVE_INFINITY;

  constructor() {
    clockGettime(CLOCK_MONOTONIC, this.#memory.address);
    this.#baseSeconds = this.#words[0] as number;
    clockGettime(CLOCK_REALTIME, this.#memory.address);
    this.#realtimeBaseSeconds = this.#words[0] as number;
  }

  nowNs(): number {
    clockGettime(CLOCK_MONOTONIC, this.#memory.address);
    return ((this.#words[0] as number) - this.#baseSeconds) * 1e9 + (this.#words[2] as number);
  }

  /** What to add to `realtimeNs` of a stamp to get its monotonic time. */
  offsetNs(nowNs: number): number {
    if (nowNs - this.#offsetReadAtNs < OFFSET_AGE_NS) return this.#offsetNs;
    let narrowest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 4; attempt++) {
      const before = this.nowNs();
      clockGettime(CLOCK_REALTIME, this.#memory.address);
      const realtime = this.realtimeNs(this.#words[0] as number, this.#words[2] as number);
      const after = this.nowNs();
      if (after - before >= narrowest) continue;
      narrowest = after - before;
      this.#offsetNs = (before + after) / 2 - realtime;
    }
    this.#offsetReadAtNs = nowNs;
    return this.#offsetNs;
  }

  realtimeNs(seconds: number, nanoseconds: number): number {
    return (seconds - this.#realtimeBaseSeconds) * 1e9 + nanoseconds;
  }
}
