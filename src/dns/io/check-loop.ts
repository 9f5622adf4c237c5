// Runs one POP's check over and over, a jittered interval from start to start, never two at once, and keeps its health.

import type { Random } from '../../base/random.ts';
import { afterCheck, type CheckResult, type HealthState } from '../health/health-state.ts';
import type { CheckPlan } from './check-plan.ts';
import { repeat } from './repeat.ts';

/** The first checks come within this, whatever the interval: a server that has just started knows nothing. */
const FIRST_WITHIN_MS = 1000;

export interface CheckLoop {
  stop(): void;
}

/** `onResult` gets the health before and after each check. It must not throw. */
export function startCheckLoop(
  plan: CheckPlan,
  initial: HealthState,
  random: Random,
  monotonicMs: () => number,
  onResult: (after: HealthState, before: HealthState, result: CheckResult) => void,
): CheckLoop {
  let health = initial;
  const check = async (stopped: AbortSignal): Promise<number> => {
    const result = await plan.run(stopped);
    if (stopped.aborted) return plan.intervalMs;
    const before = health;
    health = afterCheck(before, result, plan.thresholds, monotonicMs());
    onResult(health, before, result);
    const changing = health.state === 'up' ? health.failures > 0 : result.ok;
    // Only ever shorter than configured: chance must not make failover late.
    return (changing ? plan.fastIntervalMs : plan.intervalMs) * (1 - plan.jitter * random());
  };
  return repeat(check, plan.intervalMs, random() * Math.min(FIRST_WITHIN_MS, plan.intervalMs));
}
