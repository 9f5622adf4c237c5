// A comparison from the first request to the written report: campaign over the running lab, planned RTTs and predicted
// catchments beside what was measured, files in the lab's reports folder. `up`, `compare` and `catchment` share it.

import { join } from 'node:path';
import {
  CAMPAIGN_SIZES,
  type CampaignSize,
  type CampaignSizeName,
  planCampaign,
} from '../measurement/campaign.ts';
import { compare } from '../measurement/comparison.ts';
import type { Comparison } from '../measurement/comparison-result.ts';
import { runCampaign } from '../measurement/io/run-campaign.ts';
import { type Family, type SteeringStrategy, withPlannedRtt } from '../measurement/sample.ts';
import { writeReport } from '../report/io/write-report.ts';
import { comparisonTable } from '../report/terminal-table.ts';
import { predictCatchment } from '../routing/predict-catchment.ts';
import { TIMER_PROFILES } from '../routing/timers.ts';
import { labFolder } from '../runtimes/lab-folder.ts';
import type { RunningLab } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';
import type { Cli } from './context.ts';
import { failuresOf, plannedRtts } from './planned-rtt.ts';
import type { Progress } from './progress.ts';
import { terminalStyle } from './terminal-style.ts';

export interface ComparisonRun {
  family: Family;
  size: CampaignSizeName;
  /** Replaces the size's number of warm requests (cold ones follow at half, oracle ones alike). */
  samples?: number;
  clients?: string[];
  strategies?: SteeringStrategy[];
  progress: Progress;
  /** Folder of the report; the lab's own by default. */
  out?: string;
}

export interface ComparisonOutcome {
  comparison: Comparison;
  /** Table and verdict for a terminal. */
  printed: string;
  /** The HTML report. */
  page: string;
}

export async function runComparison(
  cli: Cli,
  lab: RunningLab,
  topology: ResolvedTopology,
  run: ComparisonRun,
): Promise<ComparisonOutcome> {
  const status = await lab.status();
  const { samples, host } = await measure(cli, lab, topology, run);
  const planned = status.shaping === 'off' ? () => undefined : plannedRtts(topology, status, run.family);
  const popNames = new Map(topology.pops.map((pop) => [pop.code, pop.name]));
  const timed = withPlannedRtt(samples, planned, (code) => popNames.get(code));
  const measured = run.clients
    ? topology.clients.filter(({ name }) => run.clients?.includes(name))
    : topology.clients;
  const comparison = compare({
    topology: { ...topology, clients: measured },
    samples: timed,
    family: run.family,
    shaping: status.shaping,
    predictions: predictCatchment(topology, run.family, failuresOf(status)),
    timerCaveat: TIMER_PROFILES[topology.timers].flattersAnycast,
    host,
  });
  const folder = run.out ?? join(labFolder(lab.name).reports, 'comparison');
  const files = await writeReport(folder, { comparison, samples: timed });
  return { comparison, printed: printedComparison(comparison), page: files.html };
}

export function printedComparison(comparison: Comparison): string {
  const style = terminalStyle();
  return `${comparisonTable(comparison, style)}\n${wrapped(comparison.verdict, Math.min(style.width ?? 110, 110))}`;
}

function measure(cli: Cli, lab: RunningLab, topology: ResolvedTopology, run: ComparisonRun) {
  const plan = planCampaign(topology, {
    family: run.family,
    size: sizeOf(run),
    // Cold names must be new to every resolver, in this run and in all earlier ones.
    nonce: Date.now().toString(36),
    ...(run.clients && { clients: run.clients }),
    ...(run.strategies && { strategies: run.strategies }),
  });
  run.progress.doing(`measuring: ${plan.requests} requests`);
  return runCampaign(lab, plan, {
    signal: cli.signal,
    onProgress: ({ requests, done, failed }) =>
      run.progress.doing(
        `measuring: ${done} of ${requests} requests${failed > 0 ? `, ${failed} failed` : ''}`,
      ),
  }).then((result) => {
    run.progress.step(
      `measured: ${result.samples.length} requests from ${new Set(result.samples.map((each) => each.client)).size} client locations`,
    );
    return result;
  });
}

function sizeOf({ size, samples }: ComparisonRun): CampaignSize {
  const base = CAMPAIGN_SIZES[size];
  if (samples === undefined) return base;
  return { ...base, warm: samples, oracle: samples, cold: Math.max(1, Math.ceil(samples / 2)) };
}

/** Words on lines of at most `width` characters. */
function wrapped(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
