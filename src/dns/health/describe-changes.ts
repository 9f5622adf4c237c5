// What an operator wants in the log when a snapshot follows another: a line per POP whose state changed, and why.

import type { PopState, SteeringSnapshot } from '../steering/snapshot.ts';

export interface ChangeLine {
  message: string;
  fields: { pop: string; state: string; reason: string };
}

export function describeChanges(before: SteeringSnapshot, after: SteeringSnapshot): ChangeLine[] {
  const old = new Map(before.pops.map((state) => [state.pop, state]));
  return after.pops.flatMap((state) => {
    const was = old.get(state.pop);
    return changesOf(was, state).map(([message, word]) => ({
      message: `${state.pop} ${message}`,
      fields: { pop: state.pop, state: word, reason: state.reason },
    }));
  });
}

function changesOf(was: PopState | undefined, is: PopState): [message: string, state: string][] {
  const changes: [string, string][] = [];
  if (is.health !== (was?.health ?? is.health)) changes.push([`is ${is.health}`, is.health]);
  if (is.forced !== was?.forced) {
    if (is.forced === 'drain') changes.push(['is drained', 'drain']);
    else if (is.forced) changes.push([`is forced ${is.forced}`, is.forced]);
    else changes.push(['is no longer forced', is.health]);
  }
  if (is.shedFraction !== (was?.shedFraction ?? 0))
    changes.push([`sheds ${Math.round(100 * is.shedFraction)} %`, is.health]);
  return changes;
}
