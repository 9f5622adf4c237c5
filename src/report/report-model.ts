// What a report is made of: one object that is saved beside the report, so that it can be made again later.

import type { Comparison, HostLoad } from '../measurement/comparison-result.ts';
import type { Failover } from '../measurement/failover.ts';
import type { Sample } from '../measurement/sample.ts';

export interface FailoverReport {
  /** POP's node name. */
  pop: string;
  how: string;
  timers: string;
  /** In which way the timer profile flatters anycast. */
  timerCaveat?: string;
  bfd: boolean;
  ttlSeconds: number;
  /** GeoDNS health checks, which bound how soon DNS steering can react. */
  health: { intervalSeconds: number; timeoutSeconds: number; rise: number; fall: number };
  family: number;
  ratePerSecond: number;
  /** While it ran: losses on an overloaded machine say nothing about routing. */
  host?: HostLoad;
  shaping: string;
  result: Failover;
}

export interface ReportModel {
  /** Absent in the report of a scenario alone. */
  comparison?: Comparison;
  samples: readonly Sample[];
  failover?: FailoverReport;
}

/** Printed in every report, since what an emulation leaves out decides what its numbers mean. */
export const EMULATION_CAVEATS: readonly string[] = [
  'BIRD has no MRAI (RFC 4271 section 9.2.1.1): routes converge faster here than on the Internet, which flatters anycast.',
  'A clean failure (link down, process stopped) is seen by neighbours at once, which flatters anycast too; silent failures are found by timers or BFD only.',
  'One machine: no congestion, no queues of other people, and delays that do not change with the hour.',
];
