// The state of all POPs as of a moment: health, the operator's overrides, shed fractions. Plain data, so that worker threads
// can be sent it. Between reloads it is the one thing, with the RTT table, that changes answers, so that within a snapshot the
// same client always gets the same answer.

export interface PopState {
  pop: string;
  /** Checks' view: `unchecked` has no check, `unknown` was not checked yet. */
  health: 'up' | 'down' | 'unknown' | 'unchecked';
  /** Operator's view, which beats the checks. `drain` = no new clients (as down, said otherwise). */
  forced?: 'up' | 'down' | 'drain';
  /** May get clients: as forced, else whenever health is not down. */
  usable: boolean;
  /** Milliseconds since the epoch, of the last change of `usable`. */
  sinceMs: number;
  /** `HTTP 200`, `timeout after 1000 ms`, `forced down by overrides.txt:3`. */
  reason: string;
  /** Least seconds until `usable` could change, from the rise and fall counters; Infinity when it cannot. TTLs come from it. */
  secondsToChange: number;
  /** 0 to 1: share of client networks that must go to the next POP (policy `capacity`). */
  shedFraction: number;
}

export interface SteeringSnapshot {
  serial: number;
  /** POPs that are not listed count as unchecked. */
  pops: readonly PopState[];
}

/** A POP that nothing is known of: it gets clients, and nothing is going to change that. */
export function uncheckedPop(pop: string): PopState {
  return {
    pop,
    health: 'unchecked',
    usable: true,
    sinceMs: 0,
    reason: 'has no check',
    secondsToChange: Number.POSITIVE_INFINITY,
    shedFraction: 0,
  };
}

export const EMPTY_SNAPSHOT: SteeringSnapshot = { serial: 0, pops: [] };
