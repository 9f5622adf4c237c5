// Runs one POP's check over and over, a jittered interval from start to start, never two at once, and keeps its health.

import type { Random } from '../../base/random.ts';
import { afterCheck, type CheckResult, type HealthState, initialHealth } from '../health/health-state.ts';
import { secondsToChange } from '../health/seconds-to-change.ts';
import type { CheckPlan } from './check-plan.ts';
import { repeat } from './repeat.ts';

/** The first checks come within this, whatever the interval: a server that has just started knows nothing. */
const FIRST_WITHIN_MS = 1000;

export interface CheckMemory {
  target: string;
  state: HealthState;
  resultAtMs?: number;
}

export interface CheckLoop {
  plan: CheckPlan;
  state(): HealthState;
  /** As of the last result, right until the next. */
  secondsToChange(): number;
  /** Monotonic time of the last result. */
  resultAtMs(): number | undefined;
  memory(): CheckMemory;
  stop(): void;
}

/** `onResult` is called after each check, when the state is the new one. It must not throw. */
export function startCheckLoop(
  plan: CheckPlan,
  known: CheckMemory | undefined,
  random: Random,
  monotonicMs: () => number,
  onResult: (result: CheckResult) => void,
): CheckLoop {
  const kept = known?.target === plan.target ? known : undefined;
  let state = kept?.state ?? initialHealth(monotonicMs());
  let resultAtMs = kept?.resultAtMs;
  // Nothing is promised before the first result: the tempo may be another than that of the loop before this one.
  let promised = 0;
  const check = async (stopped: AbortSignal): Promise<number> => {
    const result = await plan.run(stopped);
    if (stopped.aborted) return plan.intervalMs;
    resultAtMs = monotonicMs();
    state = afterCheck(state, result, plan.thresholds, resultAtMs);
    promised = secondsToChange(state, plan.thresholds, plan.timing, resultAtMs);
    onResult(result);
    const changing = state.state === 'up' ? state.failures > 0 : result.ok;
    // Only ever shorter than configured: chance must not make failover late.
    return (changing ? plan.fastIntervalMs : plan.intervalMs) * (1 - plan.jitter * random());
  };
  // One that goes on where another ended keeps the distance to its last check, on which that one's TTLs were built.
  const soon = random() * Math.min(FIRST_WITHIN_MS, plan.intervalMs);
  const dueMs = resultAtMs === undefined ? 0 : resultAtMs + plan.timing.minSpacingMs - monotonicMs();
  const loop = repeat(check, plan.intervalMs, Math.max(soon, dueMs));
  return {
    plan,
    state: () => state,
    secondsToChange: () => promised,
    resultAtMs: () => resultAtMs,
    memory: () => ({ target: plan.target, state, ...(resultAtMs !== undefined && { resultAtMs }) }),
    stop: loop.stop,
  };
}
