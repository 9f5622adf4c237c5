// The measuring half of a failure scenario: paced requests and long downloads from every client, over each strategy,
// while the caller breaks and mends something. Started before the failure and ended by its duration.

import { cpus } from 'node:os';
import type { Download, PacedJob } from '../probe-job.ts';
import type { Sample } from '../sample.ts';
import { type ProbingLab, runProbe, startAllowanceMs } from './run-probe.ts';

export interface FailoverProbes {
  /** Milliseconds since the epoch: when the first requests go out. */
  startAt: number;
  /** Resolves at the end of the duration; rejects when a probe fails or the signal aborts. */
  finished: Promise<{ samples: Sample[]; downloads: Download[] }>;
}

export interface FailoverProbeOptions {
  signal?: AbortSignal;
  onSample?: (sample: Sample) => void;
  onDownload?: (download: Download) => void;
  probeCommand?: readonly string[];
}

export function startFailoverProbes(
  lab: ProbingLab,
  jobs: readonly { client: string; job: PacedJob }[],
  options: FailoverProbeOptions = {},
): FailoverProbes {
  const startAt = Date.now() + startAllowanceMs(lab.runtime, jobs.length, cpus().length);
  const samples: Sample[] = [];
  const downloads: Download[] = [];
  const runs = jobs.map(({ client, job }) =>
    runProbe(
      lab,
      client,
      { ...job, startAt },
      {
        ...(options.signal && { signal: options.signal }),
        ...(options.probeCommand && { command: options.probeCommand }),
        onLine: (line) => {
          if (line.kind === 'sample') {
            const { kind: _, ...rest } = line;
            const sample = { ...rest, client };
            samples.push(sample);
            options.onSample?.(sample);
          } else if (line.kind === 'download') {
            const { kind: _, ...rest } = line;
            const download = { ...rest, client };
            downloads.push(download);
            options.onDownload?.(download);
          }
        },
      },
    ),
  );
  return { startAt, finished: Promise.all(runs).then(() => ({ samples, downloads })) };
}
