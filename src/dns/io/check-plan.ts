// From the configuration to what runs for each POP: the check, its tempo, its thresholds.

import { readFileSync } from 'node:fs';
import { type Problem, UserError } from '../../base/errors.ts';
import { hostInUrl } from '../../net/endpoint.ts';
import { parseStatuses } from '../health/expectation.ts';
import {
  addressToCheck,
  type CheckConfig,
  type ChecksConfig,
  type HealthConfig,
  type HealthPop,
} from '../health/health-config.ts';
import type { CheckResult, HealthSettings } from '../health/health-state.ts';
import type { CheckTiming } from '../health/seconds-to-change.ts';
import { bodyMatcher } from './body-matcher.ts';
import { checkHttp } from './check-http.ts';
import { checkTcp } from './check-tcp.ts';
import type { SourceAddresses } from './http-get.ts';

export interface CheckPlan {
  pop: string;
  /** What is checked, in words: `tcp 192.0.2.1 port 80`, `http://192.0.2.1/healthz`. */
  target: string;
  run(signal: AbortSignal): Promise<CheckResult>;
  intervalMs: number;
  /** Interval while a change is in the making. */
  fastIntervalMs: number;
  jitter: number;
  thresholds: HealthSettings;
  timing: CheckTiming;
}

/** Undefined for a POP without a check. @throws UserError when a CA file cannot be read. */
export function planCheck(
  pop: HealthPop,
  checks: ChecksConfig,
  health: HealthConfig,
  sourceAddresses: SourceAddresses,
  resolvePath: (file: string) => string,
): CheckPlan | undefined {
  const check = pop.check === undefined ? undefined : checks[pop.check];
  const tempo = { ...health, ...defined(check) };
  const timeoutMs = tempo.timeoutSeconds * 1000;
  const probe = check
    ? probeOf(check, addressToCheck(pop, check), timeoutMs, sourceAddresses, resolvePath)
    : pop.healthUrl !== undefined
      ? probeOfUrl(pop.healthUrl, timeoutMs, sourceAddresses)
      : undefined;
  if (!probe) return undefined;
  const intervalMs = tempo.intervalSeconds * 1000;
  const fastIntervalMs = Math.min(intervalMs, (tempo.fastIntervalSeconds ?? tempo.intervalSeconds) * 1000);
  return {
    pop: pop.name,
    ...probe,
    intervalMs,
    fastIntervalMs,
    jitter: health.jitter,
    thresholds: { rise: tempo.rise, fall: tempo.fall, ok: tempo.ok, flap: flapOf(health) },
    timing: { minSpacingMs: fastIntervalMs * (1 - health.jitter), maxSpacingMs: intervalMs, timeoutMs },
  };
}

/** Files that the checks and the quorum need and that cannot be read, to be reported with all else that is wrong. */
export function healthFileProblems(
  config: { checks: ChecksConfig; health: HealthConfig },
  resolvePath: (file: string) => string,
): Problem[] {
  const cas = Object.entries(config.checks).map(([name, { ca }]) => [`checks.${name}.ca`, ca] as const);
  const files = [...cas, ['health.quorum.tokenFile', config.health.quorum?.tokenFile] as const];
  return files.flatMap(([path, file]) => {
    try {
      if (file !== undefined) readSecret(resolvePath(file));
      return [];
    } catch (error) {
      return (error as UserError).problems.map((problem) => ({ ...problem, path }));
    }
  });
}

type Probe = Pick<CheckPlan, 'target' | 'run'>;

function probeOf(
  check: CheckConfig,
  address: string | undefined,
  timeoutMs: number,
  sourceAddresses: SourceAddresses,
  resolvePath: (file: string) => string,
): Probe | undefined {
  if (address === undefined) return undefined;
  if (check.type === 'tcp') {
    const target = { address, port: check.port ?? 0, timeoutMs, sourceAddresses };
    return { target: `tcp ${address} port ${check.port}`, run: (signal) => checkTcp(target, signal) };
  }
  const port = check.port === undefined ? '' : `:${check.port}`;
  const url = `${check.type}://${hostInUrl(address)}${port}${check.path}`;
  const target = {
    url,
    host: check.host,
    timeoutMs,
    sourceAddresses,
    tls: { verify: check.verify, ...(check.ca !== undefined && { ca: readSecret(resolvePath(check.ca)) }) },
    expected: {
      statuses: parseStatuses(check.expectStatus) ?? [],
      ...(check.expectBody !== undefined && { body: bodyMatcher(check.expectBody) }),
    },
  };
  return { target: url, run: (signal) => checkHttp(target, signal) };
}

function probeOfUrl(url: string, timeoutMs: number, sourceAddresses: SourceAddresses): Probe {
  const target = { url, timeoutMs, sourceAddresses, expected: { statuses: [[200, 200]] as const } };
  return { target: url, run: (signal) => checkHttp(target, signal) };
}

function flapOf({ flap }: HealthConfig): HealthSettings['flap'] {
  if (!flap) return undefined;
  return {
    changes: flap.changes,
    windowMs: flap.windowSeconds * 1000,
    holdMs: flap.holdSeconds * 1000,
    maxHoldMs: Math.max(flap.holdSeconds, flap.maxHoldSeconds) * 1000,
  };
}

/** Without the fields left out, so that they do not hide the defaults. */
function defined(check: CheckConfig | undefined): Partial<Pick<HealthConfig, TempoField>> {
  return Object.fromEntries(TEMPO.flatMap((key) => (check?.[key] === undefined ? [] : [[key, check[key]]])));
}

const TEMPO = ['intervalSeconds', 'fastIntervalSeconds', 'timeoutSeconds', 'rise', 'fall', 'ok'] as const;
type TempoField = (typeof TEMPO)[number];

/** A CA's certificates, or a token. @throws UserError when the file cannot be read. */
export function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
}
