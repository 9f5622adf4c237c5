// A load run as data: what to ask whom, when, and for how long. JSON, because it is handed to the program that runs in a
// client node.

import type { Popularity } from './popularity.ts';

export interface LoadTarget {
  /** IP address; names are resolved, and judged, before. */
  address: string;
  port: number;
  /** Sent as Host. */
  host: string;
}

export type LoadRequests =
  /** `{item}` in the path becomes the number of the item drawn. */
  | { kind: 'items'; path: string; popularity: Popularity }
  /** In order and from the start again, or drawn. */
  | { kind: 'list'; paths: string[]; order: 'sequence' | 'random' }
  /** At the times of the log, in milliseconds from its start, each `speed` times as fast. */
  | { kind: 'replay'; requests: { atMs: number; path: string }[]; speed: number };

export type LoadLoop =
  /**
   * Requests start when their time has come, whatever became of earlier ones: what many independent users do.
   * Latencies count from the intended start, so a server that stalls shows in all requests that would have come
   * meanwhile, and not only in one (coordinated omission).
   */
  | { kind: 'open'; ratePerSecond: number; arrivals: 'constant' | 'poisson'; mostConnections: number }
  /** So many clients that each wait for an answer before they ask again: finds the greatest rate, hides stalls. */
  | { kind: 'closed'; connections: number; thinkMs: number };

export interface LoadPlan {
  targets: LoadTarget[];
  /** Which target a request goes to: each in turn, or drawn. */
  spread: 'round-robin' | 'random';
  requests: LoadRequests;
  loop: LoadLoop;
  /** Measured time, without the warm-up. */
  durationMs: number;
  /** Before it; what starts in it is not counted. */
  warmUpMs: number;
  /** From the intended start; then the request has failed. */
  timeoutMs: number;
  /** Name, value, name, value. */
  fields: string[];
  /** Wait without sleeping: starts are exact, and one core is used up. */
  spin: boolean;
  seed: number;
}

/** Beyond it an open loop waits for a connection, and the waiting counts: as many as a browser farm has. */
export const MOST_CONNECTIONS = 1024;

/** The warm-up included. */
export function totalMs(plan: Pick<LoadPlan, 'durationMs' | 'warmUpMs'>): number {
  return plan.durationMs + plan.warmUpMs;
}
