// The one interface of every runtime (netns, docker, recording). A runtime builds a LabPlan, tells what is there,
// runs commands in nodes and breaks things on demand. The contract suite in test/runtimes holds all of them to it.

import type { Writable } from 'node:stream';
import type { Impairment, LabPlan, Shaping } from './lab-plan.ts';
import type { ProgramName } from './programs.ts';

export type RuntimeName = 'netns' | 'docker' | 'recording';
export type FailMode = 'drain' | 'clean' | 'silent';

/** A target as the user names it: a node, one service of it, or a link. */
export type Target =
  | { kind: 'node'; node: string }
  | { kind: 'service'; node: string; service: string }
  | { kind: 'link'; link: string };

export interface ServiceStatus {
  name: string;
  state: 'starting' | 'running' | 'stopped' | 'failed';
  healthy: boolean;
  pid?: number;
  restarts: number;
  /** What the service says of itself: the JSON of an `http` health check. */
  detail?: unknown;
  /** Why it is not healthy, one sentence. */
  reason?: string;
}

export interface NodeStatus {
  name: string;
  kind: string;
  city: string;
  asn: number;
  addresses: string[];
  services: ServiceStatus[];
  /** Set while `./lab fail` holds the node down. */
  failed?: FailMode;
}

export interface LinkStatus {
  name: string;
  a: string;
  b: string;
  state: 'up' | 'down' | 'silent';
  aToB: Impairment;
  bToA: Impairment;
}

export interface PopStatus {
  name: string;
  city: string;
  healthy: boolean;
  /** Anycast prefixes that BIRD announces there now. */
  announced: string[];
}

export interface LabStatus {
  name: string;
  topology: string;
  runtime: RuntimeName;
  shaping: Exclude<Shaping, 'auto'>;
  /** `degraded`: running, but something that should work does not; `dead`: traces of a lab that does not run any more. */
  state: 'starting' | 'ready' | 'degraded' | 'stopping' | 'dead';
  /** Why it is dead, one sentence. */
  reason?: string;
  startedAt?: string;
  nodes: NodeStatus[];
  links: LinkStatus[];
  pops: PopStatus[];
}

/** One line of `./lab events`: NDJSON. `progress` is true for what `up` shows while it works. */
export interface LabEvent {
  at: string;
  kind: string;
  subject?: string;
  message: string;
  progress?: boolean;
}

export interface ExecOptions {
  /** `inherit` gives the command the caller's terminal; `pipe` (default) captures. */
  stdio?: 'inherit' | 'pipe';
  env?: Record<string, string>;
  /** Fed to standard input when piping. */
  input?: string;
  signal?: AbortSignal;
  /** With `inherit`: standard output goes here, byte for byte, and not to the caller's own. */
  output?: Writable;
  /** Called with each line of standard output as it comes, when piping. */
  onLine?: (line: string) => void;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What changes of a link; absent fields stay. */
export interface LinkChange {
  aToB?: Partial<Impairment>;
  bToA?: Partial<Impairment>;
  down?: boolean;
}

export interface LogLine {
  service: string;
  line: string;
}

export interface LogOptions {
  /** Goes on with what is written from now. */
  follow?: boolean;
  /** Only the last ones of each service; absent: all that are kept. */
  lines?: number;
  signal?: AbortSignal;
}

/** In place of a node's name, for what serves the whole lab: relay, supervisor. No node's name starts so. */
export const LAB_NODE = '_lab';

/** The relay's own namespace, beside those of the nodes; no node of a topology begins with an underscore. */
export const RELAY_NODE = '_relay';

/** What a service takes of the machine. */
export interface ServiceStats {
  /** Or `LAB_NODE`. */
  node: string;
  service: string;
  /** Of one core, over about a second. */
  cpuPercent: number;
  /** Its own share of memory: PSS, or what its container is charged for without the file cache. */
  memoryBytes: number;
}

/** A lab that runs, whoever started it. */
export interface RunningLab {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Folder, reachable from here, that holds a node's sockets while the lab runs (`{run}` of the plan). */
  runFolder(node: string): string;
  /** The same folder as commands in the node see it. */
  runFolderInside(node: string): string;
  /** Arguments that run one of the project's programs inside a node; `flags` are Node's own. */
  programCommand(program: ProgramName, flags?: readonly string[]): string[];
  status(): Promise<LabStatus>;
  exec(node: string, argv: string[], options?: ExecOptions): Promise<ExecResult>;
  fail(target: Target, how: FailMode): Promise<void>;
  restore(target: Target): Promise<void>;
  setLink(link: string, change: LinkChange): Promise<void>;
  /** From now on, or from the start of the lab; ends when the signal aborts or the lab ends. */
  events(options?: { fromStart?: boolean; signal?: AbortSignal }): AsyncIterable<LabEvent>;
  /** What a service of a node, or all of them, wrote. */
  logs(node: string, service?: string, options?: LogOptions): AsyncIterable<LogLine>;
  /** Of every service that runs, and of what the lab itself runs; takes about a second. */
  stats(): Promise<ServiceStats[]>;
  /** Starts Prometheus and Grafana beside the lab, where the runtime can, and tells their URLs. */
  observe?(options?: {
    onEvent?: (event: LabEvent) => void;
    signal?: AbortSignal;
  }): Promise<Record<string, string>>;
}

export interface Runtime {
  readonly name: RuntimeName;
  /** Undefined where it can run; else why not and what to type. */
  unavailable(): Promise<{ reason: string; hint: string } | undefined>;
  /** Builds the lab and waits until it is ready; cleans up after itself when aborted or failing. */
  up(
    plan: LabPlan,
    options: { shaping: Shaping; onEvent?: (event: LabEvent) => void; signal?: AbortSignal },
  ): Promise<RunningLab>;
  find(name: string): Promise<RunningLab | undefined>;
  list(): Promise<string[]>;
  /** Removes every trace, whatever state it is in; true when there was something. */
  down(name: string): Promise<boolean>;
}
