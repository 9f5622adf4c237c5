// What /state tells of the POPs, and what the other servers are told (health/health-view).

import type { HealthView } from '../health/health-view.ts';
import type { OverrideRule } from '../health/overrides.ts';
import type { PopState } from '../steering/snapshot.ts';
import type { CheckLoop } from './check-loop.ts';
import type { LoadReport } from './load-shedding.ts';
import type { OverridesFile } from './overrides-file.ts';
import type { PeerReport } from './quorum-poller.ts';

export interface PopReport extends Omit<PopState, 'pop' | 'sinceMs' | 'secondsToChange'> {
  name: string;
  since: string;
  /** Null when it cannot change (JSON has no Infinity). */
  secondsToChange: number | null;
  /** What its own check says, whatever the quorum or the operator decided. */
  check?: { target: string; state: string; reason: string; checkedSecondsAgo: number | null };
  load?: LoadReport;
}

export interface HealthReport {
  serial: number;
  pops: PopReport[];
  overrides?: { file: string; rules: readonly OverrideRule[]; refused?: string };
  quorum?: PeerReport[];
}

export function reportPop(
  { pop, sinceMs, secondsToChange, ...state }: PopState,
  loop: CheckLoop | undefined,
  load: LoadReport | undefined,
  nowMs: number,
): PopReport {
  const resultAtMs = loop?.resultAtMs();
  return {
    name: pop,
    ...state,
    since: new Date(sinceMs).toISOString(),
    secondsToChange: Number.isFinite(secondsToChange) ? secondsToChange : null,
    ...(loop && {
      check: {
        target: loop.plan.target,
        state: loop.state().state,
        reason: loop.state().reason,
        checkedSecondsAgo: resultAtMs === undefined ? null : (nowMs - resultAtMs) / 1000,
      },
    }),
    ...(load && { load }),
  };
}

export function reportOverrides(overrides: OverridesFile): NonNullable<HealthReport['overrides']> {
  const refused = overrides.refused();
  return { file: overrides.file, rules: overrides.rules(), ...(refused !== undefined && { refused }) };
}

/** A check that has not come back for two rounds says nothing to others any more. */
export function viewOf(server: string, loops: ReadonlyMap<string, CheckLoop>, nowMs: number): HealthView {
  return {
    server,
    pops: [...loops].map(([name, loop]) => {
      const { intervalMs, timing } = loop.plan;
      const ageMs = nowMs - (loop.resultAtMs() ?? Number.NEGATIVE_INFINITY);
      return {
        name,
        health: ageMs <= 2 * (intervalMs + timing.timeoutMs) ? loop.state().state : 'unknown',
        secondsToChange: loop.secondsToChange(),
        reason: loop.state().reason,
      };
    }),
  };
}
