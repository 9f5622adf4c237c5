// `up`, from a name to a running lab: load, resolve, plan, check, apply over a runtime, wait until it is ready. On a lab
// that runs already from the same plan it does nothing, and says so.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import { birdConfig } from '../routing/bird-config.ts';
import { loadBirdFragments } from '../routing/io/load-fragments.ts';
import { isLabName, labFolder } from '../runtimes/lab-folder.ts';
import type { LabPlan, Shaping } from '../runtimes/lab-plan.ts';
import type { LabEvent, RunningLab, Runtime, RuntimeName } from '../runtimes/runtime.ts';
import { loadTopology } from '../topology/io/load-topology.ts';
import type { ResolvedTopology, TimerProfileName } from '../topology/resolved.ts';
import { checkBirdConfigs } from './check-bird-configs.ts';
import { geoipDatabase } from './geoip-database.ts';
import { RUNTIMES } from './labs.ts';
import { planLab } from './plan.ts';
import { waitUntilReady } from './readiness.ts';

export interface PlanOptions {
  /** Name of a topology that comes with the project, or a path. */
  topology: string;
  /** Default: the topology's name. */
  labName?: string;
  timers?: TimerProfileName;
  seed?: number;
}

export interface UpOptions extends PlanOptions {
  runtime?: RuntimeName;
  shaping: Shaping;
  /** Prometheus and Grafana beside the lab: where the runtime can. */
  observability?: boolean;
  onEvent?: (event: LabEvent) => void;
  signal?: AbortSignal;
}

export interface UpResult {
  lab: RunningLab;
  topology: ResolvedTopology;
  alreadyRunning: boolean;
  tookMs: number;
  /**
   * Milliseconds from the start of `up` to each stage: checked, building, plumbed, started, routed, announced, measured, fetched, settled.
   */
  stages: Record<string, number>;
  /** Of Prometheus and Grafana, when they were asked for. */
  urls?: Record<string, string>;
}

/** The plan of a topology, with nothing started: what `up --dry-run` prints. */
export function planFor(options: PlanOptions): { plan: LabPlan; topology: ResolvedTopology } {
  const loaded = loadTopology(options.topology).topology;
  const topology = { ...loaded, timers: options.timers ?? loaded.timers, seed: options.seed ?? loaded.seed };
  const labName = options.labName ?? topology.name;
  if (!isLabName(labName)) {
    throw new UserError(
      {
        message: `${labName} cannot name a lab`,
        expected: 'lower-case letters, digits and hyphens, at most 31',
        hint: '--name my-lab',
      },
      2,
    );
  }
  const fragments = loadBirdFragments();
  const plan = planLab(labName, topology, {
    birdConfig: (node) => birdConfig(topology, node.name, fragments),
    geoipDatabase: geoipDatabase(topology),
  });
  return { plan, topology };
}

export async function bringUp(options: UpOptions): Promise<UpResult> {
  const startedAt = performance.now();
  const startedOn = Date.now();
  const { plan, topology } = planFor(options);
  const fingerprint = fingerprintOf(plan, options.shaping);
  const running = await alreadyRunning(plan.name, fingerprint, options.runtime);
  const stages: Record<string, number> = {};
  const elapsed = () => Math.round(performance.now() - startedAt);
  if (running) {
    if (options.observability) refuseObservability(running.runtime);
    const urls = options.observability ? await running.observe?.(options) : undefined;
    return { lab: running, topology, alreadyRunning: true, tookMs: elapsed(), stages, ...(urls && { urls }) };
  }
  const onEvent = (event: LabEvent) => {
    // By the event's own clock: it may have waited to be read.
    if (STAGES.includes(event.kind)) stages[event.kind] = Date.parse(event.at) - startedOn;
    options.onEvent?.(event);
  };
  const runtime = await chooseRuntime(options.runtime, onEvent);
  if (options.observability) refuseObservability(runtime.name);
  await checkBirdConfigs(plan);
  options.signal?.throwIfAborted();
  // A dead lab of that name on another runtime: its files would be in the way.
  for (const other of RUNTIMES)
    if (other !== runtime && (await other.find(plan.name))) await other.down(plan.name);
  stages['checked'] = elapsed();
  const lab = await runtime.up(plan, { ...options, onEvent });
  try {
    await waitUntilReady(lab, topology, { ...options, onEvent });
    writeFileSync(labFolder(plan.name).fingerprint, fingerprint);
  } catch (error) {
    // Interrupted: nothing is left. Not ready in time: left to be looked at, and the error says how.
    if (options.signal?.aborted) await runtime.down(plan.name);
    else if (!(await runtime.find(plan.name))) throw takenDown(plan.name, error);
    throw error;
  }
  const tookMs = elapsed();
  const urls = options.observability ? await lab.observe?.({ ...options, onEvent }) : undefined;
  return { lab, topology, alreadyRunning: false, tookMs, stages, ...(urls && { urls }) };
}

/** What it was waiting for says nothing then. */
function takenDown(name: string, cause: unknown): UserError {
  const message = `lab ${name} was taken down before it was ready`;
  return new UserError({ message, hint: `./lab up --name ${name} starts it anew` }, 1, { cause });
}

/** Grafana comes as a container image. */
function refuseObservability(runtime: RuntimeName): void {
  if (runtime === 'docker') return;
  throw new UserError({
    message: `the ${runtime} runtime has no Prometheus and Grafana of its own`,
    hint: './lab metrics serves a Prometheus of yours; or ./lab up --runtime docker --observability',
  });
}

const STAGES = ['building', 'plumbed', 'started', 'routed', 'announced', 'measured', 'fetched', 'settled'];

async function alreadyRunning(
  name: string,
  fingerprint: string,
  asked: RuntimeName | undefined,
): Promise<RunningLab | undefined> {
  for (const runtime of RUNTIMES) {
    const lab = await runtime.find(name);
    const state = await lab?.status().then((status) => status.state);
    if (!lab || state === 'dead') continue;
    if (asked && asked !== lab.runtime) {
      throw new UserError({
        message: `lab ${name} is running on the ${lab.runtime} runtime`,
        hint: `./lab down --name ${name}, then ./lab up again; or --name another-name to run both`,
      });
    }
    const file = labFolder(name).fingerprint;
    if (!existsSync(file)) {
      throw new UserError({
        message: `lab ${name} runs but has not become ready: its ./lab up was ended, or is still at work`,
        hint: `./lab status --name ${name}; or ./lab down --name ${name}, then ./lab up again`,
      });
    }
    if (readFileSync(file, 'utf8') === fingerprint) return lab;
    throw new UserError({
      message: `lab ${name} is running from another plan (topology, timers, seed or shaping differ)`,
      hint: `./lab down --name ${name}, then ./lab up again; or --name another-name to run both`,
    });
  }
  return undefined;
}

/** Same plan and shaping, same text; the runtime's own choices are not part of it. */
function fingerprintOf(plan: LabPlan, shaping: Shaping): string {
  const hash = createHash('sha256').update(shaping);
  for (const file of plan.files) hash.update(file.path).update(file.content);
  return hash.update(JSON.stringify({ ...plan, files: [] })).digest('hex');
}

const WHY: Record<RuntimeName, string> = {
  netns: 'it can run here and needs no Docker engine',
  docker: 'network namespaces cannot be made here, and a Docker engine answers',
  recording: '',
};

/** What was asked for; else the first that can run here, saying which and why in one line. */
async function chooseRuntime(
  asked: RuntimeName | undefined,
  onEvent?: (event: LabEvent) => void,
): Promise<Runtime> {
  const candidates = asked ? RUNTIMES.filter((runtime) => runtime.name === asked) : RUNTIMES;
  if (asked && candidates.length === 0) {
    const names = RUNTIMES.map((runtime) => runtime.name);
    throw new UserError(
      {
        message: `no runtime is named ${asked}`,
        expected: names.join(', '),
        hint: `--runtime ${nearestNames(asked, names)[0] ?? names[0]}`,
      },
      2,
    );
  }
  const problems = [];
  for (const runtime of candidates) {
    const why = await runtime.unavailable();
    if (!why) {
      const message = `runtime ${runtime.name}: ${asked ? 'as asked' : WHY[runtime.name]}`;
      onEvent?.({ at: new Date().toISOString(), kind: 'runtime', message, progress: true });
      return runtime;
    }
    problems.push({ message: `runtime ${runtime.name} cannot run here: ${why.reason}`, hint: why.hint });
  }
  throw new UserError(problems);
}
