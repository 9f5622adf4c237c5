// What a runtime is asked to build: nodes, links, files and processes, with nothing left to decide. Made by
// deployment/plan (pure), printed by `./lab up --dry-run`, applied by every runtime, compared by the contract suite.

import type { DualStack } from '../topology/resolved.ts';

export type Shaping = 'auto' | 'netem' | 'relay' | 'off';

export interface PlannedFile {
  /** Relative to `{lab}`: `NODE/bird.conf`. */
  path: string;
  /** The node whose `{run}` its placeholders mean; text content only. */
  node?: string;
  content: string | Uint8Array;
}

export interface PlannedService {
  /** `bird`, `unbound`, `dns`, `edge`, `agent`, `origin`. */
  name: string;
  /**
   * The command. `{node}` stands for the Node.js executable, `{program:NAME}` for a program of the project, `{lab}`
   * for the lab's files and `{run}` for the node's volatile folder (sockets); the runtime puts its own paths in.
   */
  argv: string[];
  health: ServiceHealthCheck;
  /** Goes ahead of other processes where the user may say so: its timers must not mistake a busy machine for a failure. */
  urgent?: boolean;
}

/**
 * How to tell that a service works. All are asked over UNIX sockets, which are reached by path whatever the network
 * namespace, so that a check never depends on the network it checks. `socket` may hold `{run}`.
 */
export type ServiceHealthCheck =
  | { kind: 'running' }
  /** BIRD's control socket: every protocol that should be up is up. */
  | { kind: 'bird'; socket: string }
  /** unbound's control socket, without TLS. */
  | { kind: 'unbound'; socket: string }
  /** HTTP GET of `path` answers 200; a JSON body is kept as the service's detail. */
  | { kind: 'http'; socket: string; path: string };

export interface PlannedInterface {
  name: string;
  link: string;
  /** `address/length` each, the link-local one included. */
  addresses: string[];
  mac: string;
  /**
   * The other end's addresses (no length) and MAC, known from the start, so that nobody asks (ARP, NDP): the kernel
   * bounds the entries that were asked for to 1024 over all network namespaces, and 220 routers have more. Absent on a
   * shared LAN.
   */
  neighbour?: { addresses: string[]; mac: string };
}

export interface PlannedNode {
  name: string;
  kind: string;
  city: string;
  asn: number;
  /** `address/length` each, put on `lo`. */
  loopbackAddresses: string[];
  interfaces: PlannedInterface[];
  forwarding: boolean;
  /** The interfaces are ports of a bridge of this name, which carries `addresses` (an IXP's peering LAN). */
  bridge?: { name: string; addresses: string[] };
  defaultGateway?: DualStack;
  /** Content of the node's own /etc/hosts and /etc/resolv.conf. */
  hosts: string;
  resolvConf: string;
  services: PlannedService[];
}

/** What happens to frames of one direction of a link. Absent fields mean none. */
export interface Impairment {
  /** One-way. */
  delayMs: number;
  /** Standard deviation of a normal distribution around the delay; order of frames is kept. */
  jitterMs?: number;
  lossPercent?: number;
  duplicatePercent?: number;
  /** Share of frames sent at once, without the delay (netem's meaning of reordering). */
  reorderPercent?: number;
  rateMbit?: number;
  /** Frames held at most; further ones are dropped. */
  limitFrames?: number;
}

export interface PlannedLink {
  name: string;
  a: { node: string; interface: string };
  b: { node: string; interface: string };
  aToB: Impairment;
  bToA: Impairment;
}

export interface LabPlan {
  /** The lab's name: `./lab --name`. */
  name: string;
  topology: string;
  seed: number;
  nodes: PlannedNode[];
  links: PlannedLink[];
  files: PlannedFile[];
}
