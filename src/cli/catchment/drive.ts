// Runs a long computation step by step, so that a terminal sees how far it is and Ctrl-C is heard.

import { setImmediate as breathe } from 'node:timers/promises';
import type { Progress } from '../progress.ts';

/** `steps` yields the share that is done, 0 to 1. Rejects with the signal's reason. */
export async function drive<Result>(
  steps: Generator<number, Result, undefined>,
  what: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Result> {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    progress.doing(`${what}: ${Math.floor(next.value * 100)} %`);
    await breathe();
    signal.throwIfAborted();
  }
}
