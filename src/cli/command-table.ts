// All commands in the order that help shows them. A command's file is loaded only when it is asked for, so that
// `./lab status` does not pay for YAML, zod and the report.

import type { Command } from 'commander';

export interface CommandModule {
  /** Adds arguments, options, help and the action. */
  define(command: Command): void;
}

export interface CommandEntry {
  name: string;
  summary: string;
  group: 'Lab' | 'Look inside' | 'Break and repair' | 'Measure' | 'Project';
  /** What the words after the command name are, for shell completion; the last kind repeats. */
  completes?: CompletionKind[];
  load: () => Promise<CommandModule>;
  hidden?: boolean;
}

export type CompletionKind =
  | 'node'
  | 'service'
  | 'target'
  | 'link'
  | 'topology'
  | 'scenario'
  | 'command'
  | 'file'
  | string[];

export const COMMANDS: CommandEntry[] = [
  {
    name: 'up',
    summary: 'start a lab, wait until it works, run a first comparison',
    group: 'Lab',
    completes: ['topology'],
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'down',
    summary: 'end a lab and remove every trace of it',
    group: 'Lab',
    load: () => import('./commands/down.ts'),
  },
  {
    name: 'status',
    summary: 'nodes, services, links and POPs as they are now',
    group: 'Lab',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'events',
    summary: 'what happened in the lab, in order',
    group: 'Lab',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'doctor',
    summary: 'what this machine offers, and what each missing thing costs or needs',
    group: 'Lab',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'exec',
    summary: 'run a command in a node',
    group: 'Look inside',
    completes: ['node', 'file'],
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'shell',
    summary: 'open a shell in a node',
    group: 'Look inside',
    completes: ['node'],
    load: () => import('./commands/shell.ts'),
  },
  {
    name: 'logs',
    summary: 'logs of a node or of one of its services',
    group: 'Look inside',
    completes: ['service'],
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'stats',
    summary: 'processor time and memory of every service',
    group: 'Look inside',
    load: () => import('./commands/stats.ts'),
  },
  {
    name: 'capture',
    summary: 'packets at a node (tcpdump)',
    group: 'Look inside',
    completes: ['node', 'link'],
    load: () => import('./commands/capture.ts'),
  },
  {
    name: 'explain',
    summary: 'why a client is sent where it is, and why an edge answers as it does',
    group: 'Look inside',
    completes: [['dns', 'http']],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'graph',
    summary: 'draw the topology (DOT or Mermaid)',
    group: 'Look inside',
    completes: ['topology'],
    load: () => import('./commands/graph.ts'),
  },
  {
    name: 'fail',
    summary: 'take a POP, node, service or link down',
    group: 'Break and repair',
    completes: ['target'],
    load: () => import('./commands/fail.ts'),
  },
  {
    name: 'restore',
    summary: 'bring a failed target back',
    group: 'Break and repair',
    completes: ['target'],
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'link',
    summary: 'change the delay, loss or rate of a link',
    group: 'Break and repair',
    completes: ['link'],
    load: () => import('./commands/link.ts'),
  },
  {
    name: 'compare',
    summary: 'measure DNS steering and anycast from every client location',
    group: 'Measure',
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'catchment',
    summary: 'who goes to which POP: by anycast in a lab, or by a DNS policy over a GeoIP file',
    group: 'Measure',
    completes: [['diff'], 'file'],
    load: () => import('./commands/catchment.ts'),
  },
  {
    name: 'report',
    summary: 'where the last report is; build it again',
    group: 'Measure',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'scenario',
    summary: 'list or run an experiment: question, steps, measured answer',
    group: 'Measure',
    completes: [['list', 'run'], 'scenario'],
    load: () => import('./commands/scenario.ts'),
  },
  {
    name: 'load',
    summary: 'HTTP load with honest latencies and hit ratios; caching experiments',
    group: 'Measure',
    completes: [['experiment'], 'file'],
    load: () => import('./commands/load.ts'),
  },
  {
    name: 'metrics',
    summary: 'offer the metrics of all services of the lab to a Prometheus',
    group: 'Measure',
    load: () => import('./commands/metrics.ts'),
  },
  {
    name: 'dns',
    summary: 'the GeoDNS server by itself: run, check, explain, keys, control',
    group: 'Project',
    completes: [['check', 'explain', 'keygen', 'ds', 'ctl'], 'file'],
    load: () => import('./commands/dns.ts'),
  },
  {
    name: 'edge',
    summary: 'the edge cache by itself: run, check, explain, control, diagnose',
    group: 'Project',
    completes: [['check', 'explain', 'ctl', 'diagnose'], 'file'],
    load: () => import('./commands/edge.ts'),
  },
  {
    name: 'origin',
    summary: 'the origin by itself: content, caching fields and trouble as asked for',
    group: 'Project',
    load: () => import('./commands/origin.ts'),
  },
  {
    name: 'topology',
    summary: 'check a topology file',
    group: 'Project',
    completes: [['validate', 'list'], 'topology'],
    load: () => import('./commands/topology.ts'),
  },
  {
    name: 'images',
    summary: 'build and list the container images of the docker runtime',
    group: 'Project',
    load: () => import('./commands/images.ts'),
  },
  {
    name: 'test',
    summary: 'install what is missing and run every check and test',
    group: 'Project',
    completes: ['file'],
    load: () => import('./commands/test.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for your shell',
    group: 'Project',
    completes: [['bash', 'zsh', 'fish']],
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'version',
    summary: 'the version of this checkout',
    group: 'Project',
    load: () => import('./commands/version.ts'),
  },
  {
    name: '__complete',
    summary: '',
    group: 'Project',
    hidden: true,
    load: () => import('./commands/complete-words.ts'),
  },
];
