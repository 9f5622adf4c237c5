// What the main thread and a UDP worker say to each other. Everything is plain data (structured clone).

import type { BatchSocket, UdpCounts } from './batch-udp.ts';

/** What `workerData.role` says: a program that is started as a thread looks here for what it is to be. */
export const UDP_WORKER_ROLE = 'dns-udp';

export interface UdpWorkerData {
  role: typeof UDP_WORKER_ROLE;
  index: number;
  sockets: BatchSocket[];
  /** Counts the messages in `port`: a worker looks at it between batches, which costs nothing. */
  posted: SharedArrayBuffer;
  port: import('node:worker_threads').MessagePort;
  /** The caller's, for `createHandler`. */
  initial: unknown;
}

/**
 * drain: answer what has come, then end. leave: end at once, a successor reads on from the same sockets.
 */
export type StopMode = 'drain' | 'leave';

export type ToWorker = { kind: 'apply'; message: unknown } | { kind: 'stop'; mode: StopMode };

export type FromWorker =
  | { kind: 'ready' }
  /** Each second, and before the end. `counters` is what the handler gives. */
  | { kind: 'counters'; counters: unknown; udp: UdpCounts }
  | { kind: 'message'; message: unknown };
