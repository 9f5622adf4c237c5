// What a link does to each frame: the pure decision of the relay, with netem's meanings (tc-netem(8)) except that
// jitter keeps order, as a path of FIFO queues does. Time, frame size and randomness are arguments; the state holds
// what one direction must remember between frames. Nothing is allocated per frame: this runs for every frame of the
// lab. Order of the checks, as in netem: duplicate and loss first, then the queue limit, reordering, rate and delay.

import type { Random } from '../base/random.ts';
import type { Impairment } from '../runtimes/lab-plan.ts';

/** What happens to a frame: held until `deliverAtNs`, sent now ahead of held ones, or dropped and why. */
export type Verdict = 'held' | 'at-once' | 'lost' | 'over-limit' | 'blackhole';

/** Frames held at most on a link without a rate: the window of 1 Gbit/s over 100 ms in full-size frames, and some. */
export const DEFAULT_LIMIT_FRAMES = 10_000;
/** A link with a rate buffers this much time beyond its own delay, the depth of a modest router buffer. */
export const RATE_BUFFER_MS = 100;
/** No queue is shorter than this, or slow links drop the first burst of every connection. */
const MINIMUM_LIMIT_FRAMES = 100;
const FULL_FRAME_BYTES = 1514;

/** An Impairment in the units of the hot path, with every absent field filled in. */
export interface CompiledImpairment {
  delayNs: number;
  jitterNs: number;
  /** Probabilities, 0 to 1. */
  loss: number;
  duplicate: number;
  reorder: number;
  /** 0 where there is no rate. */
  nsPerByte: number;
  limitFrames: number;
  blackhole: boolean;
}

/** What one direction remembers: one object for its whole life, whatever the impairment is changed to. */
export interface DirectionState {
  /** Until when the rate limiter is sending earlier frames. */
  busyUntilNs: number;
  /** Delivery time of the last held frame: later frames are never delivered before it. */
  lastDeliverNs: number;
  /** Frames held now; the owner of the queue counts them. */
  held: number;
  /** Result of the last `held` verdict. */
  deliverAtNs: number;
  /** The last frame is to be delivered twice. */
  duplicate: boolean;
}

export function newDirectionState(): DirectionState {
  return { busyUntilNs: 0, lastDeliverNs: 0, held: 0, deliverAtNs: 0, duplicate: false };
}

/** Decides on one frame that arrived at `arrivalNs`; for `held` the time is in `state.deliverAtNs`. */
export function decide(
  impairment: CompiledImpairment,
  state: DirectionState,
  arrivalNs: number,
  bytes: number,
  random: Random,
): Verdict {
  state.duplicate = false;
  if (impairment.blackhole) return 'blackhole';
  if (impairment.loss > 0 && random() < impairment.loss) return 'lost';
  if (state.held >= impairment.limitFrames) return 'over-limit';
  if (impairment.duplicate > 0) state.duplicate = random() < impairment.duplicate;
  if (impairment.reorder > 0 && random() < impairment.reorder) return 'at-once';

  let sentNs = arrivalNs;
  if (impairment.nsPerByte > 0) {
    if (state.busyUntilNs > sentNs) sentNs = state.busyUntilNs;
    sentNs += bytes * impairment.nsPerByte;
    state.busyUntilNs = sentNs;
  }
  let deliverNs = sentNs + impairment.delayNs;
  if (impairment.jitterNs > 0) {
    deliverNs += impairment.jitterNs * standardNormal(random);
    if (deliverNs < sentNs) deliverNs = sentNs;
  }
  if (deliverNs < state.lastDeliverNs) deliverNs = state.lastDeliverNs;
  state.lastDeliverNs = deliverNs;
  state.deliverAtNs = deliverNs;
  return 'held';
}

/** `blackhole` drops every frame silently: what only timers or BFD find. */
export function compileImpairment(impairment: Impairment, blackhole = false): CompiledImpairment {
  return {
    delayNs: impairment.delayMs * 1e6,
    jitterNs: (impairment.jitterMs ?? 0) * 1e6,
    loss: (impairment.lossPercent ?? 0) / 100,
    duplicate: (impairment.duplicatePercent ?? 0) / 100,
    reorder: (impairment.reorderPercent ?? 0) / 100,
    // 1 Mbit/s sends a byte in 8000 ns.
    nsPerByte: impairment.rateMbit ? 8000 / impairment.rateMbit : 0,
    limitFrames: frameLimit(impairment),
    blackhole,
  };
}

/** Frames held at most, the same for the relay and for netem. */
export function frameLimit(impairment: Impairment): number {
  if (impairment.limitFrames !== undefined) return impairment.limitFrames;
  if (!impairment.rateMbit) return DEFAULT_LIMIT_FRAMES;
  const bufferedBytes = ((impairment.delayMs + RATE_BUFFER_MS) * impairment.rateMbit * 1000) / 8;
  return Math.max(MINIMUM_LIMIT_FRAMES, Math.ceil(bufferedBytes / FULL_FRAME_BYTES));
}

/** Box and Muller (1958), one of the pair. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
