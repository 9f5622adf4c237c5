// What a configuration decides while an edge runs, and a reload may replace: routes, limits, traces, forwarded fields and the
// way to the origin. The pipeline reads these from one object, so that a request sees the old or the new, never both.

import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../../base/errors.ts';
import type { EdgeConfig } from '../config.ts';
import { traceGate } from '../explain-config.ts';
import type { TraceLog } from '../explain-log.ts';
import { RouteLimits } from '../limit/route-limits.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import { compileRoutes } from '../policy/match.ts';
import { resolveRoutes } from '../policy/policy-config.ts';
import { forwardedPolicy } from '../upstream/forwarded.ts';
import { upstreamShape } from '../upstream/upstream-config.ts';
import { startUpstream } from './upstream-start.ts';

export type LiveParts = Pick<
  PipelineOptions,
  'upstream' | 'site' | 'routes' | 'limits' | 'traces' | 'forwarded' | 'lockTimeoutMs'
>;

/** `seed`: random 32 bits. Connects to nobody before the first request, but for health checks. */
export function liveParts(config: EdgeConfig, seed: number, log: TraceLog): LiveParts {
  const { origin, trace } = config;
  return {
    routes: compileRoutes(resolveRoutes(config.routes)),
    limits: new RouteLimits(seed),
    site: { originHost: origin.host, forwardHost: origin.forwardHost },
    traces: { log, allowed: traceGate(trace.allow), sample: trace.sample },
    forwarded: forwardedPolicy(config.forwarded),
    lockTimeoutMs: config.lockTimeoutMs,
    upstream: startUpstream(config, config.pop),
  };
}

/** Everything else is fixed when the edge starts. */
const LIVE = new Set<string>([...Object.keys(upstreamShape), 'routes', 'trace', 'lockTimeoutMs']);

/** Why a new configuration cannot take effect without a restart. */
export function fixedChanges(running: EdgeConfig, wanted: EdgeConfig): Problem[] {
  const names = [...new Set([...Object.keys(running), ...Object.keys(wanted)])] as (keyof EdgeConfig)[];
  const renamed: Problem[] =
    edgeName(running) === edgeName(wanted) ? [] : [{ path: 'peers.self', message: FIXED, hint: RESTART }];
  const changed = names
    .filter((name) => !LIVE.has(name) && !isDeepStrictEqual(running[name], wanted[name]))
    .map((path) => ({ path, message: FIXED, hint: RESTART }));
  return [...changed, ...renamed];
}

const FIXED = 'cannot change while the edge runs';
const RESTART = 'drain it, then start it anew';

/** What Via and Cache-Status call it. */
export function edgeName({ peers, pop }: EdgeConfig): string {
  return peers?.self ?? pop;
}
