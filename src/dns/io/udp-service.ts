// UDP however this machine can do it best: worker threads with batched system calls, or the main thread's own sockets, where
// no workers are wanted or koffi cannot be loaded. A reload goes to the workers in parts, which they take between queries.

import { takeApart } from '../../base/take-apart.ts';
import { familyOfText } from '../../net/io/socket-address.ts';
import type { BatchSocket, UdpCounts } from './batch-udp.ts';
import { keepHelpersBehind } from './behind-others.ts';
import type { HandedSocket } from './hot-restart.ts';
import type { ListenAddress, Listener, PacketHandler } from './listener.ts';
import type { Log } from './log.ts';
import type { Changes, HandlerMessage, HandlerSetup } from './query-handler.ts';
import { listenUdp } from './udp-listener.ts';
import type { FromWorkerHandler, ToWorkerHandler } from './worker-handler.ts';
import type { StopMode } from './worker-messages.ts';
import { startUdpWorkers } from './worker-udp.ts';

/** Of a zone's nodes, say: some 0.3 ms for the worker that takes them in. */
const ENTRIES_A_PART = 64;

export interface UdpService {
  places: ListenAddress[];
  /** Threads; 0: the main thread answers. */
  workers: number;
  /** To all workers. */
  post(changes: Changes): void;
  /** Fulfilled when all workers answer from what was loaded. */
  load(setup: HandlerSetup): Promise<void>;
  /** The handlers' counters and the sockets', a row for each worker. */
  counters(): { handler: unknown; udp: UdpCounts }[];
  /** drain: answer what has come; leave: a successor reads on from the same sockets. Those of workers stay open. */
  close(mode: StopMode): Promise<void>;
}

/** On Node.js's own sockets, or on open ones. @throws UserError */
export async function udpOnMainThread(
  places: readonly (ListenAddress & { fd?: number })[],
  handler: PacketHandler,
): Promise<UdpService> {
  const listeners: Listener[] = [];
  const close = async () => void (await Promise.all(listeners.map((listener) => listener.close())));
  try {
    for (const place of places) listeners.push(await listenUdp(place, handler));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    places: listeners.map(({ address, port }) => ({ address, port })),
    workers: 0,
    post: () => {},
    load: async () => {},
    counters: () => [],
    close,
  };
}

export interface WorkerOptions {
  /** The file that workers are started from. */
  program: string;
  count: number;
  /** By place: at least one for each worker, each read by one of them. */
  sockets: readonly (readonly HandedSocket[])[];
  /** Asked whenever a worker starts: what is in force, or being loaded. */
  setup: () => HandlerSetup;
  onMessage: (message: HandlerMessage) => void;
  log: Log;
}

/** @throws UserError */
export async function udpByWorkers(options: WorkerOptions): Promise<UdpService> {
  const { isWildcard } = await import('./udp-open.ts');
  const { program, count, log } = options;
  const sockets: BatchSocket[][] = Array.from({ length: count }, () => []);
  for (const ofPlace of options.sockets) {
    for (const [i, { fd, address }] of ofPlace.entries()) {
      sockets[i % count]?.push({ fd, family: familyOfText(address), wildcard: isWildcard(address) });
    }
  }
  /** Workers that have the load before still, and what is to be called when none is left. */
  const loading = new Set<number>();
  let onLoaded = () => {};
  const hasLoaded = (index: number) => {
    loading.delete(index);
    if (loading.size === 0) onLoaded();
  };
  keepHelpersBehind();
  const workers = await startUdpWorkers({
    program,
    sockets,
    initial: options.setup,
    onMessage: (message, index) => {
      const said = message as FromWorkerHandler;
      if (said.kind === 'loaded') hasLoaded(index);
      else options.onMessage(said);
    },
    // One that dies meanwhile comes back with the new load.
    onReady: hasLoaded,
    log,
  });
  const post = (message: ToWorkerHandler) => workers.post(message);
  return {
    places: options.sockets.flatMap(([first]) =>
      first ? [{ address: first.address, port: first.port }] : [],
    ),
    workers: count,
    post: (changes) => post({ kind: 'changes', changes }),
    load: (setup) =>
      new Promise((resolve) => {
        onLoaded = resolve;
        for (let index = 0; index < count; index++) loading.add(index);
        for (const part of takeApart(setup, ENTRIES_A_PART)) post({ kind: 'part', part });
        post({ kind: 'load' });
      }),
    counters: () => workers.counters(),
    close: async (mode) => {
      await workers.close(mode);
      onLoaded();
    },
  };
}
