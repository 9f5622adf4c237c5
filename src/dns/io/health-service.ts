// All that is known of the POPs' health, in one place: runs the checks, hears the other servers and the loads, watches the
// overrides, and makes a snapshot of it whenever something changed. Decisions are in health/, this only feeds them.

import { randomInt } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import { deriveSeed, seededRandom } from '../../base/random.ts';
import { describeChanges } from '../health/describe-changes.ts';
import type { ChecksConfig, HealthConfig, HealthPop } from '../health/health-config.ts';
import type { HealthView } from '../health/health-view.ts';
import { type OverrideState, overrideOf } from '../health/overrides.ts';
import { decideByQuorum } from '../health/quorum.ts';
import type { SheddingState } from '../health/shedding.ts';
import { buildSnapshot, EMPTY_SNAPSHOT, type PopInputs } from '../health/snapshot-builder.ts';
import type { SteeringSnapshot } from '../steering/snapshot.ts';
import { type CheckLoop, type CheckMemory, startCheckLoop } from './check-loop.ts';
import { planCheck, readSecret } from './check-plan.ts';
import { type HealthReport, reportOverrides, reportPop, viewOf } from './health-report.ts';
import type { SourceAddresses } from './http-get.ts';
import { startLoadShedding } from './load-shedding.ts';
import type { Log } from './log.ts';
import { type OverridesFile, watchOverrides } from './overrides-file.ts';
import { type QuorumPoller, startQuorumPolls } from './quorum-poller.ts';

export interface HealthServiceConfig {
  pops: readonly HealthPop[];
  checks: ChecksConfig;
  health: HealthConfig;
  sourceAddresses: SourceAddresses;
  /** Path of the overrides file. */
  overrides?: string;
  /** How this server calls itself in its view. */
  server: string;
}

export interface HealthDeps {
  log: Log;
  /** Makes paths of the configuration (overrides, CA and token files) absolute. */
  resolvePath?: (file: string) => string;
  onCheck?: (pop: string, ok: boolean) => void;
  /** What a service before this one knew (`memory`), so that a reload forgets nothing. */
  memory?: HealthMemory;
  /** Decides; never goes back. */
  monotonicMs?: () => number;
  /** Only shown. */
  wallMs?: () => number;
  /** For the jitter; by chance when left out, so that no two servers check in step. */
  seed?: number;
}

export interface HealthMemory {
  snapshot: SteeringSnapshot;
  checks: ReadonlyMap<string, CheckMemory>;
  shedding: ReadonlyMap<string, SheddingState>;
}

export interface HealthService {
  snapshot(): SteeringSnapshot;
  /** `listener` is called with each snapshot of a new serial, after it is in force; returns how to end that. */
  onChange(listener: (snapshot: SteeringSnapshot) => void): () => void;
  /** For /state. */
  report(): HealthReport;
  /** For the other servers. */
  view(): HealthView;
  /** Both resolve when it is in force. @throws UserError, also when no overrides file is configured. */
  setOverride(pattern: string, state: OverrideState, why?: string): Promise<void>;
  clearOverride(pattern: string): Promise<number>;
  memory(): HealthMemory;
  stop(): void;
}

/** @throws UserError for CA or token files that cannot be read. */
export function startHealth(config: HealthServiceConfig, deps: HealthDeps): HealthService {
  const { log, memory } = deps;
  const { pops, health, sourceAddresses } = config;
  const monotonicMs = deps.monotonicMs ?? (() => performance.now());
  const wallMs = deps.wallMs ?? Date.now;
  const seed = deps.seed ?? randomInt(2 ** 32);
  const resolvePath = deps.resolvePath ?? ((file: string) => file);
  const listeners = new Set<(snapshot: SteeringSnapshot) => void>();
  let snapshot = memory?.snapshot ?? EMPTY_SNAPSHOT;
  let stopped = false;

  const refresh = () => {
    if (stopped) return;
    const inputs = pops.map(({ name }) => inputsOf(name));
    const built = buildSnapshot(snapshot, inputs, overrides?.name ?? 'overrides', wallMs());
    const before = snapshot;
    snapshot = built.snapshot;
    if (!built.changed) return;
    for (const { message, fields } of describeChanges(before, snapshot)) log.info(message, fields);
    for (const listener of listeners) callListener(listener, snapshot, log);
  };
  const inputsOf = (pop: string): PopInputs => {
    const loop = loops.get(pop);
    const override = overrides && overrideOf(overrides.rules(), pop);
    return {
      pop,
      ...(loop && { checked: verdictOn(pop, loop, quorum, health) }),
      ...(override && { override }),
      shedFraction: shedding.shedFraction(pop),
    };
  };

  // Everything that can fail comes before anything that runs.
  const plans = pops.flatMap(
    (pop) => planCheck(pop, config.checks, health, sourceAddresses, resolvePath) ?? [],
  );
  const token =
    health.quorum?.tokenFile === undefined ? undefined : readSecret(resolvePath(health.quorum.tokenFile));
  const shedding = startLoadShedding(
    pops,
    health.shedding,
    sourceAddresses,
    memory?.shedding,
    monotonicMs,
    refresh,
    log,
  );
  const quorum =
    health.quorum &&
    startQuorumPolls(health.quorum, { token, sourceAddresses, seed, monotonicMs, onViews: refresh, log });
  const loops: ReadonlyMap<string, CheckLoop> = new Map(
    plans.map((plan) => {
      const random = seededRandom(deriveSeed(seed, plan.pop));
      const onResult = ({ ok }: { ok: boolean }) => {
        deps.onCheck?.(plan.pop, ok);
        refresh();
      };
      return [plan.pop, startCheckLoop(plan, memory?.checks.get(plan.pop), random, monotonicMs, onResult)];
    }),
  );
  const names = pops.map((pop) => pop.name);
  const overrides =
    config.overrides === undefined
      ? undefined
      : watchOverrides(resolvePath(config.overrides), names, refresh, log);
  refresh();

  return {
    snapshot: () => snapshot,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    report: () => ({
      serial: snapshot.serial,
      pops: snapshot.pops.map((state) =>
        reportPop(state, loops.get(state.pop), shedding.report(state.pop), monotonicMs()),
      ),
      ...(overrides && { overrides: reportOverrides(overrides) }),
      ...(quorum && { quorum: quorum.report() }),
    }),
    view: () => viewOf(config.server, loops, monotonicMs()),
    setOverride: async (pattern, state, why) => editable(overrides).set(pattern, state, why),
    clearOverride: async (pattern) => editable(overrides).clear(pattern),
    memory: () => ({
      snapshot,
      checks: new Map([...loops].map(([pop, loop]) => [pop, loop.memory()])),
      shedding: shedding.memory(),
    }),
    stop: () => {
      stopped = true;
      for (const part of [...loops.values(), shedding, quorum, overrides]) part?.stop();
    },
  };
}

/** This server's view, or with a quorum what the servers agree on. */
function verdictOn(
  pop: string,
  loop: CheckLoop,
  quorum: QuorumPoller | undefined,
  { quorum: rule }: HealthConfig,
): NonNullable<PopInputs['checked']> {
  const { state, reason } = loop.state();
  const own = { health: state, secondsToChange: loop.secondsToChange() };
  if (!quorum || !rule) return { ...own, reason };
  const verdict = decideByQuorum(
    { ...own, secondsToExpiry: Number.POSITIVE_INFINITY },
    quorum.views(pop),
    rule,
  );
  return { ...verdict, reason: `${verdict.reason}; here: ${reason}` };
}

/** A listener's bug must not end the checks. */
function callListener(
  listener: (snapshot: SteeringSnapshot) => void,
  snapshot: SteeringSnapshot,
  log: Log,
): void {
  try {
    listener(snapshot);
  } catch (error) {
    log.warn('a health listener met a bug', { error: (error as Error).stack });
  }
}

function editable(overrides: OverridesFile | undefined): OverridesFile {
  if (overrides) return overrides;
  throw new UserError({
    message: 'no overrides file is configured',
    hint: 'set overrides: FILE in the config, so that what you command survives restarts',
  });
}
