// UDP however this machine can do it best: worker threads with batched system calls, or the main thread's own sockets, where
// no workers are wanted or koffi cannot be loaded. The sockets stay open over reloads: a new generation of workers, with
// the new data and warm code, reads on from the sockets of the old one, so no query is lost or waits.

import { familyOfText } from '../../net/io/socket-address.ts';
import type { BatchSocket, UdpCounts } from './batch-udp.ts';
import type { HandedSocket } from './hot-restart.ts';
import type { ListenAddress, Listener, PacketHandler } from './listener.ts';
import type { Log } from './log.ts';
import type { Changes, HandlerMessage, HandlerSetup } from './query-handler.ts';
import { listenUdp } from './udp-listener.ts';
import type { StopMode } from './worker-messages.ts';
import { startUdpWorkers, type UdpWorkers } from './worker-udp.ts';

export interface UdpService {
  places: ListenAddress[];
  /** Threads; 0: the main thread answers. */
  workers: number;
  /** To all workers. */
  post(changes: Changes): void;
  /** New workers take over from the old ones. */
  replace(setup: () => HandlerSetup): Promise<void>;
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
    replace: async () => {},
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
  /** Asked whenever a worker starts. */
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
  let setup = options.setup;
  const start = () =>
    startUdpWorkers({
      program,
      sockets,
      initial: () => setup(),
      onMessage: (message) => options.onMessage(message as HandlerMessage),
      log,
    });
  let workers: UdpWorkers = await start();
  return {
    places: options.sockets.flatMap(([first]) =>
      first ? [{ address: first.address, port: first.port }] : [],
    ),
    workers: count,
    post: (changes) => workers.post(changes),
    replace: async (newSetup) => {
      const old = workers;
      setup = newSetup;
      workers = await start();
      await old.close('leave');
    },
    counters: () => workers.counters(),
    close: (mode) => workers.close(mode),
  };
}
