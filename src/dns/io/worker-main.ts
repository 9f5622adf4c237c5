// A UDP worker: a thread that does nothing but receive, answer and send. It sleeps in the kernel, never in an event loop, so
// promises, timers and streams do not run here; what it is told it finds in its port between two batches.

import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { MSG_DONTWAIT } from '../../net/io/message-headers.ts';
import type { UdpBatch, UdpCounts } from './batch-udp.ts';
import { stepBehind } from './behind-others.ts';
import type { PacketHandler } from './listener.ts';
import {
  type FromWorker,
  type StopMode,
  type ToWorker,
  UDP_WORKER_ROLE,
  type UdpWorkerData,
} from './worker-messages.ts';

const COUNTERS_EVERY_MS = 1000;
/** What has come is answered for at most that long once the worker is to end. */
const DRAIN_MS = 500;

export interface WorkerHandler extends PacketHandler {
  /**
   * A message of the main thread: a new state, a snapshot. Between two batches, synchronous; what takes longer comes as steps,
   * of which one is done between two batches, and the next message after the last.
   */
  apply(message: unknown): Iterator<void> | undefined;
  /** Copied to the main thread each second. */
  counters(): unknown;
  /** The last call. */
  end(): void;
}

/** True in a thread that is to call `runUdpWorker`. */
export function isUdpWorker(): boolean {
  return (workerData as { role?: string } | null)?.role === UDP_WORKER_ROLE;
}

/**
 * Serves until told to stop. `createHandler` gets the worker's `initial` data and may take its time (read files, await);
 * `post` hands a message to the main thread's `onMessage`. After that only `handle`, `apply` with its steps, and `counters` run.
 */
export async function runUdpWorker(
  createHandler: (
    initial: unknown,
    post: (message: unknown) => void,
  ) => WorkerHandler | Promise<WorkerHandler>,
): Promise<void> {
  const { sockets, posted, port, initial } = workerData as UdpWorkerData;
  const say = (message: FromWorker) => port.postMessage(message);
  // The generation before still answers, and must not wait for this one to begin.
  const comeForward = stepBehind();
  const handler = await createHandler(initial, (message) => say({ kind: 'message', message }));
  const { setShortSlice, UdpBatch, stopTaking, unmapAll, waiter } = await import('./worker-batches.ts');
  const batches = sockets.map((socket) => new UdpBatch(socket, handler));
  const wait = waiter(batches);
  const count = new Int32Array(posted);
  const sayCounters = () => say({ kind: 'counters', counters: handler.counters(), udp: total(batches) });
  let heard = 0;
  let steps: Iterator<void> | undefined;
  let countersAtMs = performance.now() + COUNTERS_EVERY_MS;
  let stop: StopMode | undefined;
  comeForward();
  setShortSlice();
  say({ kind: 'ready' });
  while (!stop) {
    const busy = steps !== undefined || Atomics.load(count, 0) !== heard;
    wait(busy);
    if (performance.now() >= countersAtMs) {
      sayCounters();
      countersAtMs = performance.now() + COUNTERS_EVERY_MS;
    }
    if (!busy) continue;
    if (steps) {
      if (steps.next().done) steps = undefined;
      continue;
    }
    const said = receiveMessageOnPort(port)?.message as ToWorker;
    heard++;
    if (said.kind === 'apply') steps = handler.apply(said.message);
    else stop = said.mode;
  }
  if (stop === 'drain') drain(batches, stopTaking);
  sayCounters();
  handler.end();
  port.close();
  unmapAll();
}

function drain(batches: UdpBatch[], stopTaking: (fd: number) => void): void {
  const endMs = performance.now() + DRAIN_MS;
  for (const batch of batches) stopTaking(batch.fd);
  for (const batch of batches) while (batch.serve(MSG_DONTWAIT) > 0 && performance.now() < endMs);
}

function total(batches: UdpBatch[]): UdpCounts {
  const sum: UdpCounts = { received: 0, sent: 0, batches: 0, refused: 0, sendErrors: 0, kernelDrops: 0 };
  for (const batch of batches)
    for (const [name, value] of Object.entries(batch.counts())) sum[name as keyof UdpCounts] += value;
  return sum;
}
