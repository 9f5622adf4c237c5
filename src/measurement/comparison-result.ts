// The words of a comparison: the object that `./lab compare --json` prints and that reports are made from. Times are
// medians in milliseconds; warm resolver and edge but for `cold`; POPs go by their node names (`pop-fra`).

import type { Fidelity } from './fidelity.ts';
import type { Family, SteeringStrategy } from './sample.ts';

export interface StrategyResult {
  /** POP that answered most requests (node name); null when none did. */
  pop: string | null;
  /** Share (0-1) of the warm answers that came from `pop`. */
  popShare: number;
  /** TCP connect time. */
  rttMs: number | null;
  resolveMs: number | null;
  /** Resolution, connect and fetch to the last byte. */
  totalMs: number | null;
  /** RTT above the best POP's, at least 0. */
  inflationMs: number | null;
  /** Why this POP. */
  reason: string;
  cold: { resolveMs: number | null; totalMs: number | null };
  /** Requests that failed, of all warm and cold ones. */
  failures: number;
  requests: number;
}

export interface ClientComparison {
  name: string;
  city: string;
  country: string;
  latitude: number;
  longitude: number;
  /** Millions. */
  users: number;
  resolver: string;
  sendsClientSubnet: boolean;
  /** The POP with the lowest measured RTT; null when none was reached. */
  best: { pop: string; rttMs: number } | null;
  /** Measured RTT to every POP's unicast address, by POP. */
  oracle: Record<string, number>;
  strategies: Record<SteeringStrategy, StrategyResult>;
  /** The anycast POP that the topology's routing policy predicts. */
  predicted?: { pop: string | null; agrees: boolean };
}

export interface ComparedPop {
  name: string;
  code: string;
  city: string;
  latitude: number;
  longitude: number;
}

export interface HostLoad {
  cores: number;
  /** Share (0-1) of all cores in use during the campaign, by everything on the machine. */
  busyShare: number;
  loadAverage: number;
}

export interface Comparison {
  topology: string;
  seed: number;
  /** BGP timer profile. */
  timers: string;
  /** In which way results under this timer profile look better for anycast than on the Internet. */
  timerCaveat?: string;
  bfd: boolean;
  /** `netem`, `relay` or `off`. */
  shaping: string;
  family: Family;
  ttlSeconds: number;
  fidelity: Fidelity & { host?: HostLoad };
  pops: ComparedPop[];
  clients: ClientComparison[];
  summary: Record<SteeringStrategy, StrategySummary>;
  /** Measured anycast POPs that equal the predicted ones. */
  agreement?: { clients: number; agreeing: number };
  verdict: string;
}

export interface Percentiles {
  p50: number | null;
  p90: number | null;
  p95: number | null;
}

export interface Share {
  clients: number;
  /** Share (0-1) of the locations. */
  clientShare: number;
  /** Share (0-1) of the users. */
  userShare: number;
}

export interface StrategySummary {
  /** Of all requests, weighted by their location's users. */
  totalMs: Percentiles;
  resolveMs: Percentiles;
  coldTotalMs: Percentiles;
  coldResolveMs: Percentiles;
  /** Of the locations' medians, weighted by users. */
  rttMs: Percentiles;
  inflationMs: Percentiles & { max: number | null };
  /** Not sent to the POP with the lowest RTT, and noticeably slower for it. */
  suboptimal: Share & { names: string[] };
  /** More than 25 ms above the best POP. */
  bad: Share & { names: string[] };
  failures: number;
}
