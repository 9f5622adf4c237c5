// What the relay and its parent say to each other: one JSON object a line, requests on standard input, one answer
// each, in order, on standard output. Trusted (the parent is the supervisor), so typed and not validated.

import type { Impairment, PlannedLink } from '../../runtimes/lab-plan.ts';
import { relayEndName } from '../link-commands.ts';

export type Direction = 'aToB' | 'bToA';

/** A link as the relay sees it: two interfaces in its namespace, one frame path between them each way. */
export interface RelayLink {
  name: string;
  /** Interface names in the relay's namespace (see relayEndName). */
  aInterface: string;
  bInterface: string;
  aToB: Impairment;
  bToA: Impairment;
  /** Starts as a blackhole in both directions. */
  blackhole?: boolean;
}

/** The relay's view of a planned link; `index` as given to relayLinkCommands. */
export function relayLink(index: number, link: PlannedLink): RelayLink {
  const ends = { aInterface: relayEndName(index, 'a'), bInterface: relayEndName(index, 'b') };
  return { name: link.name, ...ends, aToB: link.aToB, bToA: link.bToA };
}

/** Replaces the impairment of a direction and sets or clears its blackhole; what is absent stays as it is. */
export interface RelayChange {
  link: string;
  /** Absent: both. */
  direction?: Direction;
  impairment?: Impairment;
  blackhole?: boolean;
}

export type RelayRequest =
  /** Adds links; one of the same name keeps its frames and state and gets the new impairments. */
  | { configure: RelayLink[] }
  | { set: RelayChange | RelayChange[] }
  | { remove: string[] }
  /** Absent or empty: all links. */
  | { stats: string[] };

export interface DirectionStats {
  frames: number;
  bytes: number;
  lost: number;
  overLimit: number;
  blackholed: number;
  duplicated: number;
  reordered: number;
  /** Frames by how late they left against their deadline: counts per bound of LATE_BOUNDS_US, then the rest. */
  late: number[];
}

export interface RelayStats {
  links: Record<string, { aToB: DirectionStats; bToA: DirectionStats }>;
  /** Frames the kernel dropped because the relay's receive buffer was full. */
  kernelDrops: number;
  /** Frames dropped because the relay had no memory left for them. */
  noMemory: number;
  /** Frames the kernel would not send (interface down, larger than the MTU). */
  sendErrors: number;
  /** Sleep overshoot that the relay is now subtracting from its sleeps, ns. */
  wakeLeadNs: number;
}

export type RelayAnswer = { ok: true; stats?: RelayStats } | { ok: false; error: string };

/** Upper bounds in microseconds of the lateness histogram. */
export const LATE_BOUNDS_US = [5, 10, 20, 50, 100, 200, 500, 1000, 5000] as const;
