// What a runtime is asked to build: nodes, links, files and processes, with nothing left to decide. Made by
// deployment/plan (pure), printed by `./lab up --dry-run`, applied by every runtime, compared by the contract suite.

import type { DualStack } from '../topology/resolved.ts';

export type Shaping = 'auto' | 'netem' | 'relay' | 'off';

export interface PlannedFile {
  /** Relative to the lab's folder (.lab/NAME/). */
  path: string;
  content: string | Uint8Array;
}

export interface PlannedService {
  /** `bird`, `unbound`, `dns`, `edge`, `agent`, `origin`. */
  name: string;
  /** The command; `{lab}` stands for the lab's folder and `{run}` for its volatile folder (sockets, pid files). */
  argv: string[];
  env?: Record<string, string>;
  /** How to tell that it works, asked from inside its node: nothing but `running` for a service without one. */
  health:
    | { kind: 'running' }
    | { kind: 'bird'; socket: string }
    | { kind: 'tcp'; address: string; port: number };
  /** Services start in ascending order of stage; each stage is started in full before the next. */
  stage: 0 | 1 | 2;
}

export interface PlannedInterface {
  name: string;
  link: string;
  /** `address/length` each. */
  addresses: string[];
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
  /** All interfaces are ports of a bridge of this name, which carries `addresses`. */
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
