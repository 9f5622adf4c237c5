// Starts the UDP workers and keeps them: each is a thread of the same program (worker-main.ts) with its own SO_REUSEPORT
// socket for each listen address. The main thread owns the sockets: a worker that dies loses the batch in its hands, the
// next one reads on.

import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { BatchSocket, UdpCounts } from './batch-udp.ts';
import type { Log } from './log.ts';
import {
  type FromWorker,
  type StopMode,
  type ToWorker,
  UDP_WORKER_ROLE,
  type UdpWorkerData,
} from './worker-messages.ts';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
/** A worker that has lived that long is started again at once. */
const HEALTHY_AFTER_MS = 60_000;
/** For the batch in hand, the kernel's timeout, and the drain; a thread that needs longer is ended. */
const STOP_WITHIN_MS = 2_000;

export interface UdpWorkers {
  /** To the handlers of all workers, in order. */
  post(message: unknown): void;
  /** The newest counters, a row for each worker; counts of workers that died are lost. */
  counters(): { handler: unknown; udp: UdpCounts }[];
  /** How often a worker has died. */
  deaths(): number;
  /** Fulfilled when all have ended; the sockets are left open. */
  close(mode: StopMode): Promise<void>;
}

export interface UdpWorkerOptions {
  /** The file that runs `runUdpWorker` when `isUdpWorker()`. */
  program: string | URL;
  /** For each worker the sockets that it reads. */
  sockets: BatchSocket[][];
  /** Asked at each start of a worker, so that one that replaces a dead one begins with what is true now. */
  initial: (index: number) => unknown;
  onMessage?: (message: unknown, index: number) => void;
  /** A worker has begun with its initial data, at the start or in place of a dead one. */
  onReady?: (index: number) => void;
  log: Log;
}

/** Fulfilled when all workers answer queries. Rejects with what a worker could not start for. */
export async function startUdpWorkers(options: UdpWorkerOptions): Promise<UdpWorkers> {
  const kept = options.sockets.map((_, index) => keepWorker(options, index));
  const close = async (mode: StopMode) => {
    await Promise.all(kept.map((worker) => worker.close(mode)));
  };
  try {
    await Promise.all(kept.map((worker) => worker.ready));
  } catch (error) {
    await close('leave');
    throw error;
  }
  return {
    post: (message) => {
      for (const worker of kept) worker.post({ kind: 'apply', message });
    },
    counters: () => kept.flatMap(({ counters }) => counters() ?? []),
    deaths: () => kept.reduce((sum, { deaths }) => sum + deaths(), 0),
    close,
  };
}

function keepWorker({ program, sockets, initial, onMessage, onReady, log }: UdpWorkerOptions, index: number) {
  let current: StartedWorker | undefined;
  let newest: { handler: unknown; udp: UdpCounts } | undefined;
  let deaths = 0;
  let backoffMs = FIRST_BACKOFF_MS;
  let retry: NodeJS.Timeout | undefined;
  let closing = false;
  const ready = Promise.withResolvers<void>();
  const start = () => {
    const startedAt = performance.now();
    let serving = false;
    let failure: unknown;
    const worker = startThread(program, {
      role: UDP_WORKER_ROLE,
      index,
      sockets: sockets[index] ?? [],
      initial: initial(index),
    });
    current = worker;
    worker.hear((said) => {
      if (said.kind === 'counters') newest = { handler: said.counters, udp: said.udp };
      else if (said.kind === 'message') onMessage?.(said.message, index);
      else {
        serving = true;
        ready.resolve();
        onReady?.(index);
      }
    });
    worker.thread.on('error', (error) => {
      failure = error;
    });
    worker.thread.on('exit', (code) => {
      current = undefined;
      if (closing) return;
      if (!serving && deaths === 0) {
        ready.reject(failure ?? new Error(`a UDP worker ended with ${code} before it was ready`));
        return;
      }
      deaths++;
      if (performance.now() - startedAt > HEALTHY_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      const error = failure instanceof Error ? failure.stack : `exit code ${code}`;
      log.warn('a UDP worker died; it is started again', { worker: index, againInMs: backoffMs, error });
      retry = setTimeout(start, backoffMs);
      backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
    });
  };
  start();
  return {
    ready: ready.promise,
    counters: () => newest,
    deaths: () => deaths,
    post: (message: ToWorker) => current?.post(message),
    close: async (mode: StopMode) => {
      closing = true;
      clearTimeout(retry);
      await current?.end(mode);
    },
  };
}

interface StartedWorker {
  thread: Worker;
  hear(hearing: (said: FromWorker) => void): void;
  post(message: ToWorker): void;
  end(mode: StopMode): Promise<void>;
}

function startThread(program: string | URL, data: Omit<UdpWorkerData, 'port' | 'posted'>): StartedWorker {
  const { port1, port2 } = new MessageChannel();
  const posted = new SharedArrayBuffer(4);
  const count = new Int32Array(posted);
  const workerData: UdpWorkerData = { ...data, port: port2, posted };
  const thread = new Worker(program, { workerData, transferList: [port2], name: `dns-udp-${data.index}` });
  let listener: (said: FromWorker) => void = () => {};
  port1.on('message', (said) => listener(said));
  const ended = new Promise<void>((resolve) =>
    thread.once('exit', () => {
      // Its last words: the port's own event may come after the thread's.
      for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1))
        listener(got.message);
      port1.close();
      resolve();
    }),
  );
  const post = (message: ToWorker) => {
    port1.postMessage(message);
    // Behind the message: who sees the count finds it.
    Atomics.add(count, 0, 1);
  };
  return {
    thread,
    hear: (hearing) => {
      listener = hearing;
    },
    post,
    end: async (mode) => {
      post({ kind: 'stop', mode });
      const late = setTimeout(() => void thread.terminate(), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
