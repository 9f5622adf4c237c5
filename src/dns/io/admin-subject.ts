// What the admin server needs of a running server: reports that are plain objects, and the few things an operator may
// change. The service fills it; the admin server knows neither zones nor sockets, so it is tested without them.

import type { Problem } from '../../base/errors.ts';
import type { Explanation } from '../explain.ts';
import type { OverrideState } from '../health/overrides.ts';

export interface ExplainQuestion {
  name: string;
  /** `A`, `AAAA`, ... */
  type: string;
  /** An address or a prefix. */
  client: string;
  /** Whether `client` is what a resolver sends as EDNS Client Subnet, or the resolver itself. */
  from: 'ecs' | 'source';
  /** POPs to take for down, whatever the checks say: "what if". */
  down?: readonly string[];
}

export interface ReloadReport {
  /** False: the old configuration stays. */
  ok: boolean;
  problems: readonly Problem[];
}

export interface OverrideReport {
  /** The POPs that the pattern covers. */
  pops: readonly string[];
  /** Those of them that another pattern's line still forces, with what it says. */
  stillForced?: readonly { pop: string; reason: string }[];
}

/** Each member may throw UserError, which becomes a 400 with its problems. */
export interface AdminSubject {
  /**
   * GET /healthz: at least `status: 'ok'`, `nsid`, `popsUp`, `popsWithRtts`, `oldestRttAt` (ISO time or null), which tell a
   * deployment whether this server can steer. A `status` other than `ok` is sent as 503.
   */
  healthz(): { status: string } & Record<string, unknown>;
  /** GET /health-view: what this server's own checks say, for the quorum of the others. */
  healthView(): object;
  /** GET /state: zones, steering, POPs with health and overrides, RTT tables. */
  state(): object;
  /** GET /metrics in Prometheus' text form. */
  metrics(): Promise<{ contentType: string; text: string }>;
  /** GET /explain; a string says what is wrong with the question. */
  explain(question: ExplainQuestion): Explanation | string;
  /** POST /reload; the same as SIGHUP, but waits for the outcome. */
  reload(): Promise<ReloadReport>;
  /**
   * PUT and DELETE /override/PATTERN: written through to the overrides file, so that it outlives the process. `undefined`
   * takes the pattern's line away; `auto` is a line of its own, an exception from a wider pattern. Absent: no overrides
   * file is configured.
   */
  override?(
    pattern: string,
    state: OverrideState | undefined,
    reason: string | undefined,
  ): Promise<OverrideReport>;
  /** GET /catchment?name=: a shares report of a steered name over the GeoIP file. Absent: there is none. */
  catchment?(name: string): Promise<object>;
}
