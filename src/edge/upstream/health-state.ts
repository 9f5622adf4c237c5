// What active checks have found about a member: down after `fall` bad ones in a row, up after `rise` good ones. Pure;
// io/health-checks.ts does the asking.

export interface Health {
  up: boolean;
  /** Checks in a row that said the opposite of `up`. */
  against: number;
  /** What the last bad check found. */
  reason?: string;
}

/** Taken for up until a check says otherwise, or an edge would refuse requests for its first seconds. */
export const ASSUMED_UP: Health = { up: true, against: 0 };

/** `problem` is undefined for a good check. */
export function afterCheck(
  health: Health,
  problem: string | undefined,
  limits: { rise: number; fall: number },
): Health {
  const good = problem === undefined;
  const reason = problem ?? health.reason;
  if (good === health.up) return { up: health.up, against: 0, reason: good ? undefined : reason };
  const against = health.against + 1;
  if (against < (good ? limits.rise : limits.fall)) return { up: health.up, against, reason };
  return { up: good, against: 0, reason: good ? undefined : reason };
}

/** Milliseconds to the next check: the interval moved by up to `jitter` of it to either side; `lot` is in [0, 1). */
export function nextCheckMs(options: { intervalMs: number; jitter: number }, lot: number): number {
  return options.intervalMs * (1 + options.jitter * (2 * lot - 1));
}
