// Runs a load from here, or in a client node of the lab, and shows it while it runs.

import { UserError } from '../../base/errors.ts';
import type { LoadResult } from '../../load/load-result.ts';
import { type Cli, openLab } from '../context.ts';
import type { Progress } from '../progress.ts';
import type { UnresolvedPlan } from './options.ts';
import { resolveTargets } from './targets.ts';

interface ProgressLine {
  elapsedMs: number;
  totalMs: number;
  requests: number;
  requestsPerSecond: number;
  errors: Record<string, number>;
}

export async function runFromHere(
  cli: Cli,
  { targets, plan }: UnresolvedPlan,
  ownsThem: boolean,
  progress: Progress,
): Promise<LoadResult> {
  const resolved = await resolveTargets(targets, ownsThem);
  const { runLoad } = await import('../../load/io/run-load.ts');
  return runLoad(
    { ...plan, targets: resolved },
    {
      signal: cli.signal,
      onProgress: ({ elapsedMs, totalMs, result }) => show(progress, { elapsedMs, totalMs, ...result }),
    },
  );
}

/** Names are resolved, and addresses judged, in the node. */
export async function runFromNode(
  cli: Cli,
  node: string,
  { targets, plan }: UnresolvedPlan,
  ownsThem: boolean,
  progress: Progress,
): Promise<LoadResult> {
  const { lab, status } = await openLab(cli);
  const { checkNode } = await import('../targets.ts');
  const { NODE_FLAGS } = await import('../../runtimes/programs.ts');
  let result: LoadResult | undefined;
  const run = await lab.exec(checkNode(status, node), lab.programCommand('load', NODE_FLAGS), {
    input: JSON.stringify({ ...plan, targets, ownsThem }),
    signal: cli.signal,
    onLine(line) {
      const said = JSON.parse(line) as { progress?: ProgressLine; result?: LoadResult };
      if (said.progress) show(progress, said.progress);
      if (said.result) result = said.result;
    },
  });
  if (result) return result;
  throw new UserError({
    message: `the load from ${node} failed: ${run.stderr.trim() || `exit code ${run.exitCode}`}`,
  });
}

function show(
  progress: Progress,
  { elapsedMs, totalMs, requests, requestsPerSecond, errors }: ProgressLine,
): void {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const trouble = failed > 0 ? `, ${failed} failed` : '';
  progress.doing(
    `${Math.round(elapsedMs / 1000)} of ${Math.round(totalMs / 1000)} s: ${requests} requests, ${requestsPerSecond.toFixed(0)}/s${trouble}`,
  );
}
