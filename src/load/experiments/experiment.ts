// What a caching experiment is made of: a table whose rows are measured, and the tools to measure them, which start real
// origins and edges and put load on them.

import type { LoadPlan, LoadTarget } from '../load-plan.ts';
import type { LoadResult } from '../load-result.ts';

export interface RunningService {
  target: LoadTarget;
  /** GET of its admin server, as JSON. */
  state(path: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface ExperimentTools {
  /** Without listeners and admin server, which are added. */
  origin(config?: object): Promise<RunningService>;
  /** Without listeners, admin server and origin's address. */
  edge(
    pop: string,
    config: { origins: readonly RunningService[] } & Record<string, unknown>,
  ): Promise<RunningService>;
  load(plan: LoadPlan): Promise<LoadResult>;
  /** Ends what is not needed any more; what is left is ended at the end. */
  stop(...services: RunningService[]): Promise<void>;
  /** A measured time, shortened by --quick. */
  durationMs(full: number): number;
  say(message: string): void;
}

export interface ExperimentTable {
  name: string;
  question: string;
  /** What was run, a sentence or two. */
  setup: string;
  columns: string[];
  rows: string[][];
  /** What the figures show, computed from them. */
  reading: string[];
}

export type Experiment = (tools: ExperimentTools) => Promise<ExperimentTable>;

/** The parts of a plan that differ, over what most experiments have in common. */
export function planFor(
  target: LoadTarget,
  parts: Pick<LoadPlan, 'requests' | 'durationMs'> & Partial<LoadPlan> & { ratePerSecond?: number },
): LoadPlan {
  const { ratePerSecond = 100, ...rest } = parts;
  return {
    targets: [target],
    spread: 'round-robin',
    loop: { kind: 'open', ratePerSecond, arrivals: 'poisson', mostConnections: 512 },
    warmUpMs: 0,
    timeoutMs: 10_000,
    fields: [],
    spin: false,
    seed: 1,
    ...rest,
  };
}

/** Requests that an origin has got so far. */
export async function originRequests(origin: RunningService): Promise<number> {
  return Number((await origin.state('/requests'))['requests']);
}

export function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

export function ms(value: number | undefined): string {
  return value === undefined ? '-' : value < 10 ? value.toFixed(1) : value.toFixed(0);
}
