// Runs one probe process in a client node of a running lab, by the runtime's exec, and hands over its lines.

import { UserError } from '../../base/errors.ts';
import { NODE_FLAGS } from '../../runtimes/programs.ts';
import type { RunningLab } from '../../runtimes/runtime.ts';
import { type ProbeJob, type ProbeLine, parseProbeLine } from '../probe-job.ts';

/** What of a lab it takes to probe in it. */
export type ProbingLab = Pick<RunningLab, 'exec' | 'programCommand'>;

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

/** How long to give probes to start, so that none of them disturbs the others: about a fifth of a second of CPU each. */
export function startAllowanceMs(probes: number, cores: number): number {
  return 400 + Math.ceil((probes * 250) / Math.max(1, cores));
}
