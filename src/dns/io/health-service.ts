// All that is known of the POPs' health, in one place: runs the checks, hears the other servers and the loads, watches the
// overrides, and makes a snapshot of it whenever something changed. Decisions are in health/, this only feeds them.

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { deriveSeed, seededRandom } from '../../base/random.ts';
import { describeChanges } from '../health/describe-changes.ts';
import type { ChecksConfig, HealthConfig, HealthPop } from '../health/health-config.ts';
import { type HealthState, initialHealth } from '../health/health-state.ts';
import type { HealthView } from '../health/health-view.ts';
import { type OverrideState, overrideOf } from '../health/overrides.ts';
import { decideByQuorum } from '../health/quorum.ts';
import { secondsToChange } from '../health/seconds-to-change.ts';
import { afterLoad, afterSilence, initialShedding, type SheddingState } from '../health/shedding.ts';
import { buildSnapshot, EMPTY_SNAPSHOT, type PopInputs } from '../health/snapshot-builder.ts';
import type { PopState, SteeringSnapshot } from '../steering/snapshot.ts';
import { startCheckLoop } from './check-loop.ts';
import { type CheckPlan, planCheck } from './check-plan.ts';
import type { SourceAddresses } from './http-get.ts';
import { startLoadPolls } from './load-poller.ts';
import type { Log } from './log.ts';
import { type OverridesFile, watchOverrides } from './overrides-file.ts';
import { startQuorumPolls } from './quorum-poller.ts';

export interface HealthServiceConfig {
  pops: readonly HealthPop[];
  checks: ChecksConfig;
  health: HealthConfig;
  sourceAddresses: SourceAddresses;
  /** Absolute path of the overrides file. */
  overrides?: string;
  /** How this server calls itself in its view. */
  server: string;
}

export interface HealthDeps {
  log: Log;
  /** Makes paths of the configuration (CA and token files) absolute. */
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
  checked: ReadonlyMap<string, { target: string; state: HealthState; secondsToChange: number }>;
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
  /** @throws UserError, also when no overrides file is configured. */
  setOverride(pattern: string, state: OverrideState, why?: string): Promise<void>;
  clearOverride(pattern: string): Promise<number>;
  memory(): HealthMemory;
  stop(): void;
}

export interface PopReport extends Omit<PopState, 'pop' | 'sinceMs' | 'secondsToChange' | 'reason'> {
  name: string;
  since: string;
  /** Null when it cannot change (JSON has no Infinity). */
  secondsToChange: number | null;
  reason: string;
  /** What its own check says, whatever the quorum or the operator decided. */
  check?: { target: string; state: string; reason: string; checkedSecondsAgo: number | null };
  load?: { load: number | null; capacity: number; error?: string };
}

export interface HealthReport {
  serial: number;
  pops: PopReport[];
  overrides?: {
    file: string;
    rules: { pattern: string; state: string; line: number; why?: string }[];
    refused?: string;
  };
  quorum?: { url: string; server?: string; heardSecondsAgo?: number; error?: string }[];
}

interface Checked {
  plan: CheckPlan;
  state: HealthState;
  secondsToChange: number;
  resultAtMs?: number;
}

/** @throws UserError for CA or token files that cannot be read. */
export function startHealth(config: HealthServiceConfig, deps: HealthDeps): HealthService {
  const { log, memory } = deps;
  const monotonicMs = deps.monotonicMs ?? (() => performance.now());
  const wallMs = deps.wallMs ?? Date.now;
  const seed = deps.seed ?? randomInt(2 ** 32);
  const resolvePath = deps.resolvePath ?? ((file: string) => file);
  const { health } = config;
  const checked = new Map<string, Checked>();
  const shedding = new Map<string, SheddingState>();
  const listeners = new Set<(snapshot: SteeringSnapshot) => void>();
  const stops: (() => void)[] = [];
  let snapshot = memory?.snapshot ?? EMPTY_SNAPSHOT;
  let overrides: OverridesFile | undefined;

  for (const pop of config.pops) {
    const plan = planCheck(pop, config.checks, health, config.sourceAddresses, resolvePath);
    if (!plan) continue;
    const known = memory?.checked.get(pop.name);
    const kept = known?.target === plan.target ? known : undefined;
    checked.set(pop.name, {
      plan,
      state: kept?.state ?? initialHealth(monotonicMs()),
      secondsToChange: 0,
    });
  }
  const loaded = config.pops.flatMap(({ name, loadUrl, capacity }) =>
    loadUrl === undefined || capacity === undefined ? [] : [{ name, loadUrl, capacity }],
  );
  for (const { name } of loaded)
    shedding.set(name, memory?.shedding.get(name) ?? initialShedding(monotonicMs()));
  const token =
    health.quorum?.tokenFile === undefined ? undefined : readToken(resolvePath(health.quorum.tokenFile));

  const quorum =
    health.quorum &&
    startQuorumPolls(
      {
        servers: health.quorum.servers,
        intervalMs: health.quorum.intervalSeconds * 1000,
        timeoutMs: health.quorum.timeoutSeconds * 1000,
        expireMs: health.quorum.expireSeconds * 1000,
        ...(token !== undefined && { token }),
        sourceAddresses: config.sourceAddresses,
      },
      seed,
      monotonicMs,
      () => refresh(),
      log,
    );
  if (quorum) stops.push(quorum.stop);

  const inputsOf = ({ name }: HealthPop): PopInputs => {
    const own = checked.get(name);
    const override = overrides && overrideOf(overrides.rules(), name);
    return {
      pop: name,
      ...(own && { checked: verdictOn(name, own) }),
      ...(override && { override }),
      shedFraction: shedding.get(name)?.shed ?? 0,
    };
  };
  const verdictOn = (
    pop: string,
    { state, secondsToChange: seconds }: Checked,
  ): NonNullable<PopInputs['checked']> => {
    if (!quorum || !health.quorum)
      return { health: state.state, reason: state.reason, secondsToChange: seconds };
    const own = { health: state.state, secondsToChange: seconds, secondsToExpiry: Number.POSITIVE_INFINITY };
    const verdict = decideByQuorum(own, quorum.views(pop), health.quorum);
    return { ...verdict, reason: `${verdict.reason}; here: ${state.reason}` };
  };
  const refresh = () => {
    const name = overrides?.name ?? 'overrides';
    const built = buildSnapshot(snapshot, config.pops.map(inputsOf), name, wallMs());
    const before = snapshot;
    snapshot = built.snapshot;
    if (!built.changed) return;
    for (const { message, fields } of describeChanges(before, snapshot)) log.info(message, fields);
    for (const listener of listeners) {
      try {
        listener(snapshot);
      } catch (error) {
        // A listener's bug must not end the checks.
        log.warn('a health listener met a bug', { error: (error as Error).stack });
      }
    }
  };

  if (config.overrides !== undefined) {
    const names = config.pops.map((pop) => pop.name);
    overrides = watchOverrides(config.overrides, names, () => refresh(), log);
    stops.push(overrides.stop);
  }
  for (const [pop, own] of checked) {
    const random = seededRandom(deriveSeed(seed, pop));
    const loop = startCheckLoop(own.plan, own.state, random, monotonicMs, (after, _before, result) => {
      deps.onCheck?.(pop, result.ok);
      const nowMs = monotonicMs();
      own.state = after;
      own.resultAtMs = nowMs;
      own.secondsToChange = secondsToChange(after, own.plan.thresholds, own.plan.timing, nowMs);
      refresh();
    });
    stops.push(loop.stop);
  }
  const capacities = new Map(loaded.map(({ name, capacity }) => [name, capacity]));
  const sheddingSettings = {
    settleMs: health.shedding.settleSeconds * 1000,
    staleMs: health.shedding.staleSeconds * 1000,
  };
  const onLoad = (pop: string, load: number | undefined) => {
    const state = shedding.get(pop) ?? initialShedding(monotonicMs());
    const after =
      load === undefined
        ? afterSilence(state, sheddingSettings, monotonicMs())
        : afterLoad(
            state,
            load,
            capacities.get(pop) ?? Number.POSITIVE_INFINITY,
            sheddingSettings,
            monotonicMs(),
          );
    shedding.set(pop, after);
    if (after.shed !== state.shed) refresh();
  };
  const loads = startLoadPolls(
    loaded,
    {
      intervalMs: health.shedding.intervalSeconds * 1000,
      timeoutMs: health.shedding.timeoutSeconds * 1000,
      sourceAddresses: config.sourceAddresses,
    },
    onLoad,
    log,
  );
  stops.push(loads.stop);
  refresh();

  const popReport = (state: PopState): PopReport => {
    const own = checked.get(state.pop);
    const capacity = capacities.get(state.pop);
    const error = loads.errors.get(state.pop);
    const { pop, sinceMs, secondsToChange: seconds, ...rest } = state;
    return {
      name: pop,
      ...rest,
      since: new Date(sinceMs).toISOString(),
      secondsToChange: Number.isFinite(seconds) ? seconds : null,
      ...(own && {
        check: {
          target: own.plan.target,
          state: own.state.state,
          reason: own.state.reason,
          checkedSecondsAgo: own.resultAtMs === undefined ? null : (monotonicMs() - own.resultAtMs) / 1000,
        },
      }),
      ...(capacity !== undefined && {
        load: {
          load: shedding.get(pop)?.heard?.load ?? null,
          capacity,
          ...(error !== undefined && { error }),
        },
      }),
    };
  };
  const edited = (): OverridesFile => {
    if (overrides) return overrides;
    throw new UserError({
      message: 'no overrides file is configured',
      hint: 'set overrides: FILE in the config, so that what you command survives restarts',
    });
  };
  return {
    snapshot: () => snapshot,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    report: () => {
      const refused = overrides?.refused();
      return {
        serial: snapshot.serial,
        pops: snapshot.pops.map(popReport),
        ...(overrides && {
          overrides: {
            file: config.overrides ?? '',
            rules: [...overrides.rules()],
            ...(refused !== undefined && { refused }),
          },
        }),
        ...(quorum && { quorum: quorum.report() }),
      };
    },
    view: () => ({
      server: config.server,
      pops: [...checked].map(([name, own]) => ({
        name,
        health: isFresh(own, monotonicMs()) ? own.state.state : 'unknown',
        secondsToChange: own.secondsToChange,
        reason: own.state.reason,
      })),
    }),
    setOverride: async (pattern, state, why) => edited().set(pattern, state, why),
    clearOverride: async (pattern) => edited().clear(pattern),
    memory: () => ({
      snapshot,
      checked: new Map(
        [...checked].map(([pop, own]) => [
          pop,
          { target: own.plan.target, state: own.state, secondsToChange: own.secondsToChange },
        ]),
      ),
      shedding: new Map(shedding),
    }),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

/** A check that has not come back for two rounds says nothing to others any more. */
function isFresh({ plan, resultAtMs }: Checked, nowMs: number): boolean {
  return resultAtMs !== undefined && nowMs - resultAtMs <= 2 * (plan.intervalMs + plan.timing.timeoutMs);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new UserError({ file, message: `cannot read the token: ${(cause as Error).message}` }, 1, {
      cause,
    });
  }
}
