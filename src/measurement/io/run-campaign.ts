// Runs a planned campaign over a lab: one probe per client, all started first, then the requests at their times.

import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { CampaignPlan, ClientPlan } from '../campaign.ts';
import type { HostLoad } from '../comparison-result.ts';
import type { Sample } from '../sample.ts';
import { watchHostLoad } from './host-load.ts';
import { type ProbingLab, runProbe, startAllowanceMs } from './run-probe.ts';

export interface CampaignProgress {
  requests: number;
  done: number;
  failed: number;
}

export interface RunCampaignOptions {
  onProgress?: (progress: CampaignProgress) => void;
  signal?: AbortSignal;
  /** Samples are written here as JSON lines, each batch as it ends. */
  samplesFile?: string;
  /** See RunProbeOptions. */
  probeCommand?: readonly string[];
}

export interface CampaignResult {
  samples: Sample[];
  host: HostLoad;
}

export async function runCampaign(
  lab: ProbingLab,
  plan: CampaignPlan,
  options: RunCampaignOptions = {},
): Promise<CampaignResult> {
  const samples: Sample[] = [];
  let failed = 0;
  if (options.samplesFile) {
    await mkdir(dirname(options.samplesFile), { recursive: true });
    await writeFile(options.samplesFile, '');
  }
  const endLoadWatch = watchHostLoad();
  for (const batch of plan.batches) {
    const first = samples.length;
    await runBatch(lab, batch, options, (sample) => {
      samples.push(sample);
      if (sample.error) failed += 1;
      options.onProgress?.({ requests: plan.requests, done: samples.length, failed });
    });
    if (options.samplesFile) await appendFile(options.samplesFile, jsonLines(samples.slice(first)));
  }
  return { samples, host: endLoadWatch() };
}

export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function runBatch(
  lab: ProbingLab,
  batch: readonly ClientPlan[],
  options: RunCampaignOptions,
  onSample: (sample: Sample) => void,
): Promise<void> {
  const startAt = Date.now() + startAllowanceMs(lab.runtime, batch.length, cpus().length);
  // One probe that fails ends the others: half a comparison would mislead.
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const runs = batch.map(({ client, job }) =>
    runProbe(
      lab,
      client,
      { ...job, startAt },
      {
        signal,
        ...(options.probeCommand && { command: options.probeCommand }),
        onLine: (line) => {
          if (line.kind !== 'sample') return;
          const { kind: _, ...sample } = line;
          onSample({ ...sample, client });
        },
      },
    ).catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(runs);
  if (failure.signal.aborted) throw failure.signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
