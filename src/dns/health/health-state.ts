// Whether a POP is up, from a run of check results: `rise` successes in a row bring it up, `fall` failures in a row take
// it down, so one lost packet moves no traffic. Before the first result it is `unknown` and counts as up (a server that
// has just started must answer); the first result decides at once, without waiting for a run.

export interface HealthSettings {
  rise: number;
  fall: number;
}

export interface HealthView {
  state: 'up' | 'down' | 'unknown';
  /** When the state last changed, milliseconds since the epoch. */
  sinceMs: number;
  /** The last check in words: `HTTP 200`, `timeout after 1000 ms`, `not checked yet`. */
  reason: string;
}

export interface HealthState extends HealthView {
  /** Results in a row that speak against the present state. */
  contrary: number;
}

export interface CheckResult {
  ok: boolean;
  reason: string;
}

export function initialHealth(nowMs: number, reason = 'not checked yet'): HealthState {
  return { state: 'unknown', sinceMs: nowMs, reason, contrary: 0 };
}

/** The state after one more check. */
export function afterCheck(
  health: HealthState,
  result: CheckResult,
  settings: HealthSettings,
  nowMs: number,
): HealthState {
  const wanted = result.ok ? 'up' : 'down';
  if (health.state === 'unknown')
    return { state: wanted, sinceMs: nowMs, reason: result.reason, contrary: 0 };
  if (health.state === wanted) return { ...health, reason: result.reason, contrary: 0 };
  const contrary = health.contrary + 1;
  const needed = result.ok ? settings.rise : settings.fall;
  return contrary >= needed
    ? { state: wanted, sinceMs: nowMs, reason: result.reason, contrary: 0 }
    : { ...health, reason: result.reason, contrary };
}

export function isUsable(health: HealthView): boolean {
  return health.state !== 'down';
}
