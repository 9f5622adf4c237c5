// What the relay and its parent say to each other: one JSON object a line, requests on standard input, one answer
// each, in order, on standard output. Trusted (the parent is the supervisor), so typed and not validated.

import type { Impairment, PlannedLink } from '../../runtimes/lab-plan.ts';
import { relayEndName, underlayVni } from '../link-commands.ts';

export type Direction = 'aToB' | 'bToA';

/** One end of a link as the relay sees it: an interface in its namespace, or a node's VXLAN device on the underlay. */
export type RelayEnd = { interface: string } | VxlanEnd;

export interface VxlanEnd {
  /** 1 to 2^24 - 1; no two ends have the same. */
  vni: number;
  /** IPv4 address of the node on the underlay: its frames come from there and go there. */
  address: string;
}

/** Where a relay listens for VXLAN. */
export interface Underlay {
  /** The relay's own IPv4 address there. */
  address: string;
  /** Absent: 4789. */
  port?: number;
  /** From the relay's decision to send until the frame is with the receiver, microseconds: that much earlier it is sent. */
  crossingUs?: number;
}

/** A link as the relay sees it: two ends, one frame path between them each way. */
export interface RelayLink {
  name: string;
  a: RelayEnd;
  b: RelayEnd;
  aToB: Impairment;
  bToA: Impairment;
  /** Starts as a blackhole: true, in both directions. */
  blackhole?: boolean | Direction;
}

/** The relay's view of a planned link; `index` as given to relayLinkCommands. */
export function relayLink(index: number, link: PlannedLink): RelayLink {
  const a = { interface: relayEndName(index, 'a') };
  const b = { interface: relayEndName(index, 'b') };
  return { name: link.name, a, b, aToB: link.aToB, bToA: link.bToA };
}

/** The same over an underlay network, where `addressOf` tells a node's IPv4 address. */
export function underlayLink(
  index: number,
  link: PlannedLink,
  addressOf: (node: string) => string,
): RelayLink {
  const a = { vni: underlayVni(index, 'a'), address: addressOf(link.a.node) };
  const b = { vni: underlayVni(index, 'b'), address: addressOf(link.b.node) };
  return { name: link.name, a, b, aToB: link.aToB, bToA: link.bToA };
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
  /** What came in and is of no link: from unknown ends or senders, or no frame at all. */
  foreign: number;
  /** Sleep overshoot that the relay is now subtracting from its sleeps, ns. */
  wakeLeadNs: number;
}

export type RelayAnswer = { ok: true; stats?: RelayStats } | { ok: false; error: string };

/** Upper bounds in microseconds of the lateness histogram. */
export const LATE_BOUNDS_US = [5, 10, 20, 50, 100, 200, 500, 1000, 5000] as const;
