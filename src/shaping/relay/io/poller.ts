// Sleeping until a frame comes, the parent speaks or a deadline is near: ppoll(2) with a timeout in nanoseconds. A
// sleep ends late by what the timer, the idle core and the scheduler need, so the poller learns that lateness and
// sleeps shorter by it; the caller spins over the rest, some tens of microseconds.

import { errno, mapMemory, ppoll, setTimerSlack } from '../../../net/io/libc.ts';
import type { RelayClock } from './clock.ts';

const POLLIN = 1;
const POLLOUT = 4;
const EINTR = 4;
const PR_SET_TIMERSLACK = 29;
/** Bounds of the learned lateness: below, sleeping is pointless; above, it is load and not worth a busy core. */
const MINIMUM_LEAD_NS = 5_000;
const MAXIMUM_LEAD_NS = 100_000;
const INITIAL_LEAD_NS = 30_000;
/** Steps up and down in the ratio 3:1 settle where 3 of 4 sleeps end before the deadline. */
const LEAD_STEP_NS = 500;

export class Poller {
  frames = false;
  input = false;
  output = false;
  leadNs = INITIAL_LEAD_NS;
  readonly #clock: RelayClock;
  readonly #memory = mapMemory(4096);
  readonly #words = new Int32Array(this.#memory.view);

  constructor(clock: RelayClock, framesFd: number, inputFd: number, outputFd: number) {
    this.#clock = clock;
    this.#words[0] = framesFd;
    this.#words[1] = POLLIN;
    this.#words[2] = inputFd;
    this.#words[3] = POLLIN;
    this.#words[4] = outputFd;
    this.#words[5] = POLLOUT;
    // Linux rounds a thread's timers up by 50 us unless told otherwise.
    setTimerSlack(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  }

  /** Waits until shortly before `deadlineNs` (Infinity: for ever) and sets what is ready. */
  wait(nowNs: number, deadlineNs: number, wantsOutput: boolean): void {
    const targetNs = deadlineNs - this.leadNs;
    const sleepNs = targetNs - nowNs;
    let timeout = 0;
    if (sleepNs < Number.POSITIVE_INFINITY) {
      timeout = this.#memory.address + 64;
      const seconds = sleepNs > 0 ? Math.floor(sleepNs / 1e9) : 0;
      this.#words[16] = seconds;
      this.#words[18] = sleepNs > 0 ? sleepNs - seconds * 1e9 : 0;
    }
    const ready = ppoll(this.#memory.address, wantsOutput ? 3 : 2, timeout, 0);
    if (ready < 0 && errno() !== EINTR) throw new Error(`ppoll failed (errno ${errno()})`);
    this.frames = ready > 0 && this.#returned(0) !== 0;
    this.input = ready > 0 && this.#returned(1) !== 0;
    this.output = ready > 0 && wantsOutput && this.#returned(2) !== 0;
    if (ready === 0 && sleepNs > MINIMUM_LEAD_NS) this.#learn(this.#clock.nowNs() - targetNs);
  }

  #learn(overshootNs: number): void {
    const lead = this.leadNs + (overshootNs > this.leadNs ? 3 * LEAD_STEP_NS : -LEAD_STEP_NS);
    this.leadNs = Math.min(MAXIMUM_LEAD_NS, Math.max(MINIMUM_LEAD_NS, lead));
  }

  #returned(index: number): number {
    return ((this.#words[index * 2 + 1] as number) >> 16) & 0xffff;
  }
}
