// Checks, the quorum, the operator and capacity become one snapshot for steering. Its serial grows only when something
// changed that an answer or its TTL depends on; a new reason alone does not throw away what was computed from it.

import type { PopState, SteeringSnapshot } from '../steering/snapshot.ts';
import type { OverrideRule } from './overrides.ts';

export interface PopInputs {
  pop: string;
  /** From its checks or the quorum; undefined without a check. */
  checked?: { health: 'up' | 'down' | 'unknown'; reason: string; secondsToChange: number };
  /** The override in force, `auto` included. */
  override?: OverrideRule;
  shedFraction: number;
}

export const EMPTY_SNAPSHOT: SteeringSnapshot = { serial: 0, pops: [] };

/** `nowMs` is the epoch time that a change of `usable` is dated with; `overridesName` is how reasons call the file. */
export function buildSnapshot(
  previous: SteeringSnapshot,
  inputs: readonly PopInputs[],
  overridesName: string,
  nowMs: number,
): { snapshot: SteeringSnapshot; changed: boolean } {
  const before = new Map(previous.pops.map((state) => [state.pop, state]));
  const pops = inputs.map((input) => popState(before.get(input.pop), input, overridesName, nowMs));
  const changed =
    pops.length !== previous.pops.length ||
    pops.some((state, i) => !sameForAnswers(state, previous.pops[i] as PopState));
  return { snapshot: { serial: changed ? previous.serial + 1 : previous.serial, pops }, changed };
}

function popState(
  before: PopState | undefined,
  { pop, checked, override, shedFraction }: PopInputs,
  overridesName: string,
  nowMs: number,
): PopState {
  const health = checked?.health ?? 'unchecked';
  const forced = override && override.state !== 'auto' ? override.state : undefined;
  const usable = forced === undefined ? health !== 'down' : forced === 'up';
  return {
    pop,
    health,
    ...(forced && { forced }),
    usable,
    sinceMs: before?.usable === usable ? before.sinceMs : nowMs,
    reason: forced && override ? forcedReason(override, overridesName) : (checked?.reason ?? 'has no check'),
    secondsToChange: forced || !checked ? Number.POSITIVE_INFINITY : checked.secondsToChange,
    shedFraction,
  };
}

function forcedReason({ state, line, why }: OverrideRule, overridesName: string): string {
  const done = state === 'drain' ? 'drained' : `forced ${state}`;
  return `${done} by ${overridesName}:${line}${why ? ` (${why})` : ''}`;
}

function sameForAnswers(a: PopState, b: PopState): boolean {
  return (
    a.pop === b.pop &&
    a.health === b.health &&
    a.forced === b.forced &&
    a.usable === b.usable &&
    a.secondsToChange === b.secondsToChange &&
    a.shedFraction === b.shedFraction
  );
}
