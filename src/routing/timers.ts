// Timer profiles: how fast routing notices and heals. The profile decides what a failover costs under anycast, so
// every report prints its name, its figures and `flattersAnycast`. Each figure has its source beside it.

import type { TimerProfileName } from '../topology/resolved.ts';

export interface TimerProfile {
  name: TimerProfileName;
  bgp: {
    holdSeconds: number;
    keepaliveSeconds: number;
    connectDelaySeconds: number;
    connectRetrySeconds: number;
    errorWaitSeconds: [min: number, max: number];
  };
  /** A silent link is noticed after 16 lost hellos. */
  igp: { helloMs: number; updateMs: number };
  bfd: { intervalMs: number; multiplier: number };
  /** In which way results under this profile look better for anycast than on the Internet; one sentence. */
  flattersAnycast: string;
}

const NO_MRAI =
  'BIRD has no minimum route advertisement interval (RFC 4271 section 9.2.1.1), so withdrawals spread at once';

/**
 * Inside a transit, the same in all profiles: the lab studies routing between networks, and real backbones find broken
 * links by loss of light. A neighbour is up at its first hello and down when 16 are missed (BIRD keeps 16; RFC 8966
 * appendix A.1): 4 s, what OSPF needs at its fastest (hello 1 s, dead 4 s).
 */
const IGP = { helloMs: 250, updateMs: 500 };

/** 100 ms is one of the common intervals of RFC 7419; BIRD's own default (10 ms x 5) flaps when 80 nodes share 2 cores. */
const BFD = { intervalMs: 100, multiplier: 3 };

export const TIMER_PROFILES: Record<TimerProfileName, TimerProfile> = {
  fast: {
    name: 'fast',
    bgp: {
      // RFC 4271 section 4.2 allows hold times from 3 s; keepalive is a third of it (section 4.4).
      holdSeconds: 9,
      keepaliveSeconds: 3,
      // Smallest that BIRD takes; set by measurement, see "Start" in README.md of this room.
      connectDelaySeconds: 1,
      connectRetrySeconds: 1,
      errorWaitSeconds: [1, 3],
    },
    igp: IGP,
    bfd: BFD,
    flattersAnycast: `${NO_MRAI}, and a silent failure is found in 9 s where the Internet's routers take 90 to 240 s.`,
  },
  default: {
    name: 'default',
    bgp: {
      // BIRD 2.0 User's Guide, section BGP: hold 240, keepalive a third of hold, connect delay 5, retry 120, wait 60,300.
      holdSeconds: 240,
      keepaliveSeconds: 80,
      connectDelaySeconds: 5,
      connectRetrySeconds: 120,
      errorWaitSeconds: [60, 300],
    },
    igp: IGP,
    bfd: BFD,
    flattersAnycast: `${NO_MRAI}; failures that are seen at once (link down, process killed) cost milliseconds.`,
  },
  internet: {
    name: 'internet',
    bgp: {
      // Cisco IOS BGP command reference, `timers bgp`: keepalive 60, hold 180, what most routers of the Internet run.
      holdSeconds: 180,
      keepaliveSeconds: 60,
      // Start-up is the lab's, not the Internet's: nobody learns from waiting 120 s (RFC 4271 section 10) for a lab.
      connectDelaySeconds: 1,
      connectRetrySeconds: 5,
      // A session that failed comes back later, as operators' damping and ConnectRetry make it (RFC 4271 section 8.1.1).
      errorWaitSeconds: [15, 120],
    },
    igp: IGP,
    bfd: BFD,
    flattersAnycast: `${NO_MRAI}; failures that are seen at once (link down, process killed) cost milliseconds.`,
  },
};
