// What a probe process is told to do, as one JSON object on its standard input, and what it says: one JSON object a
// line. The probe runs in a client node and knows nothing of the lab but this.

import type { Family, Phase, Sample, Strategy } from './sample.ts';

/** Where a request goes: a name to be resolved first, or an address. */
export interface ProbeTarget {
  strategy: Strategy;
  family: Family;
  /** Asked of `resolver` for every request, as the probe has no cache. */
  name?: string;
  /** Used when there is no name. */
  address?: string;
  /** Resolver's address; required with `name`. */
  resolver?: string;
  resolverPort?: number;
  port?: number;
  /** Value of the Host header. */
  host: string;
  path: string;
  timeoutMs: number;
}

export interface ProbeTask extends ProbeTarget {
  id: string;
  phase: Phase;
  /** When to start, counted from the start of the job. */
  atMs: number;
}

/** Single requests, each at its time (a campaign). */
export interface TasksJob {
  mode: 'tasks';
  /** Milliseconds since the epoch; a probe that is late starts at once and keeps the spacing. */
  startAt?: number;
  tasks: ProbeTask[];
}

/** Requests at a steady rate to each target, and long downloads beside them (a failure scenario). */
export interface PacedJob {
  mode: 'paced';
  startAt?: number;
  durationMs: number;
  ratePerSecond: number;
  /** Shifts this probe's ticks, so that the clients of a lab do not all ask in the same millisecond. */
  offsetMs: number;
  targets: ProbeTarget[];
  /** Each is repeated until the end; `path` is a slow stream and `timeoutMs` bounds the connect. */
  downloads: ProbeTarget[];
  /** Without a byte for this long, a download is broken. */
  stallMs: number;
}

export type ProbeJob = TasksJob | PacedJob;

/** How a long download ended. `ended` is the end of the probe, `complete` the whole body. */
export type DownloadOutcome = 'complete' | 'ended' | 'reset' | 'stalled' | 'closed' | 'refused';

export interface Download {
  client: string;
  strategy: Strategy;
  startedAt: number;
  /** Undefined when no byte came. */
  firstByteAt?: number;
  endedAt: number;
  outcome: DownloadOutcome;
  pop?: string;
  address?: string;
  bytes: number;
}

/** A line of the probe. */
export type ProbeLine =
  | { kind: 'started'; at: number; lateMs: number }
  | ({ kind: 'sample' } & Omit<Sample, 'client'>)
  | ({ kind: 'download' } & Omit<Download, 'client'>)
  | { kind: 'problem'; message: string };

/** Undefined for a line that is not the probe's (a warning of the runtime, say). */
export function parseProbeLine(line: string): ProbeLine | undefined {
  if (!line.startsWith('{"kind":')) return undefined;
  try {
    return JSON.parse(line) as ProbeLine;
  } catch {
    return undefined;
  }
}
