// Runs one probe process in a client node of a running lab, by the runtime's exec, and hands over its lines.

import { UserError } from '../../base/errors.ts';
import { NODE_FLAGS } from '../../runtimes/programs.ts';
import type { RunningLab, RuntimeName } from '../../runtimes/runtime.ts';
import { type ProbeJob, type ProbeLine, parseProbeLine } from '../probe-job.ts';

/** What of a lab it takes to probe in it. */
export type ProbingLab = Pick<RunningLab, 'runtime' | 'exec' | 'programCommand'>;

export interface RunProbeOptions {
  onLine?: (line: ProbeLine) => void;
  signal?: AbortSignal;
}

export async function runProbe(
  lab: ProbingLab,
  client: string,
  job: ProbeJob,
  options: RunProbeOptions = {},
): Promise<void> {
  const result = await lab.exec(client, lab.programCommand('probe', NODE_FLAGS), {
    stdio: 'pipe',
    input: JSON.stringify(job),
    ...(options.signal && { signal: options.signal }),
    onLine: (text) => {
      const line = parseProbeLine(text);
      if (line) options.onLine?.(line);
    },
  });
  options.signal?.throwIfAborted();
  if (result.exitCode !== 0) {
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    throw new UserError({
      message: `the probe in node ${client} ended with exit code ${result.exitCode}${said ? `: ${said}` : ''}`,
      hint: `./lab status, then ./lab exec ${client} -- true`,
    });
  }
}

/** CPU that a probe takes to start, measured: a Node.js process, and what it takes to enter a namespace or a container. */
const START_CPU_MS: Record<RuntimeName, number> = { netns: 250, docker: 550, recording: 250 };

/** How long to give probes to start, so that none of them disturbs the others. */
export function startAllowanceMs(runtime: RuntimeName, probes: number, cores: number): number {
  return 400 + Math.ceil((probes * START_CPU_MS[runtime]) / Math.max(1, cores));
}
