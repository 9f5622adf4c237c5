// Runs a load plan: opens connections, starts requests when their time has come (open loop) or when the one before is
// answered (closed loop), and adds up what comes back.

import { type LoadPlan, totalMs } from '../load-plan.ts';
import type { LoadResult } from '../load-result.ts';
import { LoadTally } from '../load-tally.ts';
import { closedLoop } from './closed-loop.ts';
import { LoadRun } from './load-run.ts';
import { openLoop } from './open-loop.ts';

export interface LoadProgress {
  /** From the start, warm-up included. */
  elapsedMs: number;
  totalMs: number;
  result: LoadResult;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** Called about once a second. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** Ends early, with what there is, when the signal aborts. */
export async function runLoad(plan: LoadPlan, options: RunOptions = {}): Promise<LoadResult> {
  const tally = new LoadTally(plan.warmUpMs);
  const run = new LoadRun(plan, tally, options.signal);
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAt;
    options.onProgress?.({ elapsedMs, totalMs: totalMs(plan), result: run.result(elapsedMs) });
  }, 1000);
  try {
    await (plan.loop.kind === 'closed' ? closedLoop(run, plan.loop) : openLoop(run));
  } finally {
    clearInterval(timer);
    run.close();
  }
  return run.result(options.signal?.aborted ? performance.now() - startedAt : totalMs(plan));
}
