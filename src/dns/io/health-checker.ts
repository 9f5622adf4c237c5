// Asks every POP's healthUrl every few seconds and keeps each POP's health (rise and fall: health/health-state).

import type { PopConfig } from '../config.ts';
import {
  afterCheck,
  type CheckResult,
  type HealthState,
  type HealthView,
  initialHealth,
} from '../health/health-state.ts';
import { increment, type Metrics } from '../metrics.ts';
import { httpGet } from './http-get.ts';
import type { Log } from './log.ts';
import { repeat } from './repeat.ts';

export interface HealthChecker {
  health(pop: string): HealthView;
  stop(): void;
}

export function startHealthChecks(
  pops: readonly PopConfig[],
  settings: { intervalSeconds: number; timeoutSeconds: number; rise: number; fall: number },
  sourceAddresses: { ipv4?: string; ipv6?: string },
  metrics: Metrics,
  log: Log,
): HealthChecker {
  const states = new Map<string, HealthState>();
  const unchecked: HealthView = {
    state: 'up',
    sinceMs: Date.now(),
    reason: 'not checked: it has no healthUrl',
  };
  const loops = pops.flatMap((pop, i) => {
    const url = pop.healthUrl;
    if (url === undefined) return [];
    states.set(pop.name, initialHealth(Date.now()));
    const check = async () => {
      const result = await checkOnce(url, settings.timeoutSeconds, sourceAddresses);
      increment(metrics.healthChecks, `${pop.name}\t${result.ok ? 'ok' : 'failed'}`);
      const before = states.get(pop.name) ?? initialHealth(Date.now());
      const after = afterCheck(before, result, settings, Date.now());
      states.set(pop.name, after);
      if (after.state !== before.state) {
        log.info(`${pop.name} is ${after.state}`, {
          pop: pop.name,
          state: after.state,
          reason: after.reason,
        });
      }
    };
    // Spread over the interval, so that checks do not come in bursts.
    const firstDelayMs = (i / pops.length) * settings.intervalSeconds * 1000;
    return [repeat(check, settings.intervalSeconds * 1000, firstDelayMs)];
  });
  return {
    health: (pop) => states.get(pop) ?? unchecked,
    stop: () => {
      for (const loop of loops) loop.stop();
    },
  };
}

async function checkOnce(
  url: string,
  timeoutSeconds: number,
  sourceAddresses: { ipv4?: string; ipv6?: string },
): Promise<CheckResult> {
  try {
    const { status } = await httpGet(url, {
      timeoutMs: timeoutSeconds * 1000,
      maxBodyBytes: 65536,
      sourceAddresses,
    });
    return { ok: status === 200, reason: `HTTP ${status}` };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
