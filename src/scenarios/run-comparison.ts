// A whole comparison on a running lab: plan, measure, compare with what routing policy predicts, write the report. What
// `./lab compare` and the end of `./lab up` call.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  CAMPAIGN_SIZES,
  type CampaignSize,
  type CampaignSizeName,
  planCampaign,
} from '../measurement/campaign.ts';
import { compare } from '../measurement/comparison.ts';
import type { Comparison } from '../measurement/comparison-result.ts';
import { type CampaignProgress, runCampaign } from '../measurement/io/run-campaign.ts';
import { type Family, type Sample, type SteeringStrategy, withPlannedRtt } from '../measurement/sample.ts';
import { type ReportFiles, writeReport } from '../report/io/write-report.ts';
import { plannedRttMs, predictCatchment } from '../routing/predict-catchment.ts';
import { TIMER_PROFILES } from '../routing/timers.ts';
import type { RunningLab } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';

export interface RunComparisonOptions {
  lab: Pick<RunningLab, 'exec' | 'status'>;
  topology: ResolvedTopology;
  family?: Family;
  size?: CampaignSizeName | CampaignSize;
  strategies?: readonly SteeringStrategy[];
  /** Report and samples go there; nothing is written without it. */
  outDir?: string;
  onProgress?: (progress: CampaignProgress) => void;
  signal?: AbortSignal;
}

export interface ComparisonRun {
  comparison: Comparison;
  samples: Sample[];
  files?: ReportFiles;
}

export async function runComparison(options: RunComparisonOptions): Promise<ComparisonRun> {
  const { lab, topology, family = 4, size = 'default', outDir } = options;
  const plan = planCampaign(topology, {
    family,
    size: typeof size === 'string' ? CAMPAIGN_SIZES[size] : size,
    nonce: randomBytes(4).toString('hex'),
    ...(options.strategies && { strategies: options.strategies }),
  });
  const { shaping } = await lab.status();
  const { samples: measured, host } = await runCampaign(lab, plan, {
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(options.signal && { signal: options.signal }),
    ...(outDir && { samplesFile: join(outDir, 'samples.jsonl') }),
  });
  const samples =
    shaping === 'off' ? measured : withPlannedRtt(measured, planned(topology, family), popNamer(topology));
  const comparison = compare({
    topology,
    samples,
    family,
    shaping,
    host,
    predictions: predictCatchment(topology, family),
    timerCaveat: TIMER_PROFILES[topology.timers].flattersAnycast,
  });
  if (!outDir) return { comparison, samples };
  return { comparison, samples, files: await writeReport(outDir, { comparison, samples }) };
}

/** Planned RTT of a client to a POP or to anycast, each worked out once. */
function planned(topology: ResolvedTopology, family: Family) {
  const known = new Map<string, number | undefined>();
  return (client: string, target: string): number | undefined => {
    const key = `${client} ${target}`;
    if (!known.has(key)) known.set(key, plannedRttMs(topology, client, target, family));
    return known.get(key);
  };
}

function popNamer(topology: ResolvedTopology) {
  const names = new Map(topology.pops.map((pop) => [pop.code, pop.name]));
  return (code: string): string | undefined => names.get(code);
}
