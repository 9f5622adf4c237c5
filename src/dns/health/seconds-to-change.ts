// The least time until a POP's state could change, which bounds how long an answer may be cached: gdnsd computes TTLs so
// (gdnsd.zonefile(5), "DYNA/DYNC TTLs"). A promise is made after a check and read until the next one is in, so it counts
// from the latest moment at which it can be read: the next result's, at most a timeout after that check began.

import type { HealthSettings, HealthState } from './health-state.ts';

export interface CheckTiming {
  /** Least time from the start of a check to the start of the next. */
  minSpacingMs: number;
  maxSpacingMs: number;
  /** Longest that a check takes. */
  timeoutMs: number;
}

/** Seconds, whole when 1 or more; never longer than what the checks can do. Right until the next check's result. */
export function secondsToChange(
  health: HealthState,
  settings: HealthSettings,
  timing: CheckTiming,
  nowMs: number,
): number {
  if (health.state === 'unknown') return 0;
  const needed = health.state === 'up' ? settings.fall - health.failures : settings.rise - health.successes;
  const byCountMs = (Math.max(1, needed) - 1) * timing.minSpacingMs - timing.timeoutMs;
  const byHoldMs =
    health.state === 'down' ? health.flap.holdUntilMs - nowMs - timing.maxSpacingMs - timing.timeoutMs : 0;
  return Math.max(0, Math.floor(byCountMs / 1000), coarse(byHoldMs / 1000));
}

/** Rounded down to a power of two: a hold-down that runs off must not make a new snapshot at every check. */
function coarse(seconds: number): number {
  return seconds < 1 ? 0 : 2 ** Math.floor(Math.log2(seconds));
}
