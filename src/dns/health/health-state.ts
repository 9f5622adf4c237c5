// Whether a POP is up, from a run of check results. `rise` successes in a row bring it up; `fall` failures take it down,
// and `ok` successes in a row forget earlier failures, as gdnsd's up_thresh, down_thresh and ok_thresh do. With ok 1 (the
// default) failures must come in a row; a higher one also catches a POP that loses every third request for ever. Before
// the first result it is `unknown`; the first result decides at once, for a run would only delay what is already known.
// All times are of a monotonic clock: a stepped wall clock moves nothing.

import { afterChange, type FlapSettings, type FlapState, STEADY } from './flap-damping.ts';

export interface HealthSettings {
  rise: number;
  fall: number;
  /** Successes in a row that forget earlier failures; 1 when left out. */
  ok?: number;
  /** Without it the way up is never held back. */
  flap?: FlapSettings;
}

export interface HealthState {
  state: 'up' | 'down' | 'unknown';
  /** Monotonic time of the last change. */
  changedAtMs: number;
  /** The last check in words: `HTTP 200`, `timeout after 1000 ms`, `not checked yet`. */
  reason: string;
  /** Failures that count towards `fall`. 0 unless up. */
  failures: number;
  /** Successes in a row. */
  successes: number;
  flap: FlapState;
}

export interface CheckResult {
  ok: boolean;
  reason: string;
}

export function initialHealth(nowMs: number, reason = 'not checked yet'): HealthState {
  return { state: 'unknown', changedAtMs: nowMs, reason, failures: 0, successes: 0, flap: STEADY };
}

/** The state after one more check, whose result came at monotonic `nowMs`. */
export function afterCheck(
  health: HealthState,
  result: CheckResult,
  settings: HealthSettings,
  nowMs: number,
): HealthState {
  const successes = result.ok ? health.successes + 1 : 0;
  const counted = { ...health, reason: result.reason, successes };
  if (health.state === 'unknown')
    return { ...counted, state: result.ok ? 'up' : 'down', changedAtMs: nowMs, failures: 0 };
  if (health.state === 'up') {
    const forgotten = successes >= (settings.ok ?? 1);
    const failures = result.ok ? (forgotten ? 0 : health.failures) : health.failures + 1;
    return failures >= settings.fall
      ? changed(counted, 'down', settings, nowMs)
      : { ...counted, failures, reason: doubt(result, failures, settings) };
  }
  if (successes < settings.rise) return { ...counted, reason: hope(result, successes, settings) };
  if (nowMs < health.flap.holdUntilMs)
    return { ...counted, reason: `${result.reason}, held down because it flapped` };
  return changed(counted, 'up', settings, nowMs);
}

function changed(
  health: HealthState,
  state: 'up' | 'down',
  settings: HealthSettings,
  nowMs: number,
): HealthState {
  const flap = settings.flap ? afterChange(health.flap, state, settings.flap, nowMs) : STEADY;
  return { ...health, state, changedAtMs: nowMs, failures: 0, flap };
}

function doubt(result: CheckResult, failures: number, settings: HealthSettings): string {
  return result.ok ? result.reason : `${result.reason} (failure ${failures} of ${settings.fall})`;
}

function hope(result: CheckResult, successes: number, settings: HealthSettings): string {
  return result.ok ? `${result.reason} (success ${successes} of ${settings.rise})` : result.reason;
}
