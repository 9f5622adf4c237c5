// A POP that goes up and down again and again moves its clients each time, and every move costs them cold caches and new
// connections. After some changes within a window the way up is held back, twice as long each time it happens again (as
// exponential back-off, bounded; BGP's route flap damping, RFC 2439, is the model). The way down is never delayed.

export interface FlapSettings {
  /** Changes within the window that make a POP flapping. */
  changes: number;
  windowMs: number;
  /** The first hold-down; each further one is twice as long, up to `maxHoldMs`. */
  holdMs: number;
  maxHoldMs: number;
}

export interface FlapState {
  /** Monotonic times of the changes that still count. */
  changes: readonly number[];
  /** How often in a row a hold-down was needed. */
  level: number;
  /** Monotonic time before which it may not come up. */
  holdUntilMs: number;
}

export const STEADY: FlapState = { changes: [], level: 0, holdUntilMs: 0 };

/** After the POP changed, up or down, at `nowMs`. */
export function afterChange(
  flap: FlapState,
  to: 'up' | 'down',
  settings: FlapSettings,
  nowMs: number,
): FlapState {
  const last = flap.changes.at(-1);
  // Only time spent up is quiet time: one that was held down as long as the window has not yet shown that it is stable.
  const quiet = to === 'down' && last !== undefined && nowMs - last >= settings.windowMs;
  if (to === 'up') return { ...flap, changes: remember(flap, nowMs, settings) };
  const changes = quiet ? [nowMs] : remember(flap, nowMs, settings);
  const flapping =
    (!quiet && flap.level > 0) ||
    changes.filter((at) => nowMs - at < settings.windowMs).length >= settings.changes;
  if (!flapping) return { changes, level: 0, holdUntilMs: 0 };
  const level = flap.level + 1;
  // 2 ** 1023 is still finite; the bound keeps the exponent small anyway.
  const holdMs = Math.min(settings.maxHoldMs, settings.holdMs * 2 ** Math.min(level - 1, 40));
  return { changes, level, holdUntilMs: nowMs + holdMs };
}

/** More than `settings.changes` need not be kept: that many in the window is enough to know. */
function remember(flap: FlapState, nowMs: number, settings: FlapSettings): number[] {
  return [...flap.changes, nowMs].slice(-settings.changes);
}
