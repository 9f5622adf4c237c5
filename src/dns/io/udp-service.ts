// UDP however this machine can do it best: worker threads with batched system calls, or the main thread's own sockets, where
// no workers are wanted or koffi cannot be loaded. The sockets stay open over reloads: a new generation of workers, with
// the new data and warm code, reads on from the sockets of the old one, so no query is lost or waits.

import { availableParallelism } from 'node:os';
import { familyOfText } from '../../net/io/socket-address.ts';
import type { DnsConfig } from '../config.ts';
import type { BatchSocket, UdpCounts } from './batch-udp.ts';
import type { Listener, PacketHandler } from './listener.ts';
import type { Log } from './log.ts';
import type { Changes, HandlerMessage, HandlerSetup } from './query-handler.ts';
import { listenUdp } from './udp-listener.ts';
import type { UdpWorkers } from './worker-udp.ts';

export interface UdpService {
  places: { address: string; port: number }[];
  /** Threads; 0: the main thread answers. */
  workers: number;
  /** To all workers. */
  post(changes: Changes): void;
  /** New workers take over from the old ones. */
  replace(setup: () => HandlerSetup): Promise<void>;
  /** The handlers' counters and the sockets', a row for each worker. */
  counters(): { handler: unknown; udp: UdpCounts }[];
  close(): Promise<void>;
}

export interface UdpServiceOptions {
  config: Pick<DnsConfig, 'listen' | 'workers' | 'batchedIo'>;
  /** The file that workers are started from; without it the main thread answers. */
  program: string | undefined;
  /** Answers on the main thread where there are no workers. */
  handler: PacketHandler;
  /** What a worker that starts now begins with. */
  setup: () => HandlerSetup;
  onMessage: (message: HandlerMessage) => void;
  log: Log;
}

export async function startUdp(options: UdpServiceOptions): Promise<UdpService> {
  const { config, program, log } = options;
  const wanted = config.workers === 'auto' ? availableParallelism() : config.workers;
  if (wanted === 0 || program === undefined) return onMainThread(options);
  const reason = config.batchedIo === 'off' ? 'batchedIo is off' : await whyNoBatches();
  if (reason === undefined) return byWorkers(options, program, wanted);
  log.info('UDP is answered on the main thread, without batched system calls', { reason });
  return onMainThread(options);
}

async function onMainThread({ config, handler }: UdpServiceOptions): Promise<UdpService> {
  const listeners: Listener[] = [];
  const close = async () => void (await Promise.all(listeners.map((listener) => listener.close())));
  try {
    for (const place of config.listen) listeners.push(await listenUdp(place, handler));
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

async function byWorkers(
  { config, setup, onMessage, log }: UdpServiceOptions,
  program: string,
  count: number,
): Promise<UdpService> {
  const [{ openUdpSockets, closeDescriptor, isWildcard }, { startUdpWorkers }] = await Promise.all([
    import('./udp-open.ts'),
    import('./worker-udp.ts'),
  ]);
  const places: { address: string; port: number }[] = [];
  const sockets: BatchSocket[][] = Array.from({ length: count }, () => []);
  const closeAll = () => {
    for (const { fd } of sockets.flat()) closeDescriptor(fd);
  };
  let workers: UdpWorkers;
  let current = setup;
  const start = () =>
    startUdpWorkers({
      program,
      sockets,
      initial: () => current(),
      onMessage: (message) => onMessage(message as HandlerMessage),
      log,
    });
  try {
    for (const { address, port } of config.listen) {
      const opened = openUdpSockets(address, port, count);
      for (const [i, { fd }] of opened.entries()) {
        sockets[i]?.push({ fd, family: familyOfText(address), wildcard: isWildcard(address) });
      }
      places.push({ address, port: opened[0]?.port ?? port });
    }
    workers = await start();
  } catch (error) {
    closeAll();
    throw error;
  }
  return {
    places,
    workers: count,
    post: (changes) => workers.post(changes),
    replace: async (newSetup) => {
      const old = workers;
      current = newSetup;
      workers = await start();
      await old.close('leave');
    },
    counters: () => workers.counters(),
    close: async () => {
      await workers.close('drain');
      closeAll();
    },
  };
}

/** Undefined where batches work. */
async function whyNoBatches(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `batched system calls are for Linux, this is ${process.platform}`;
  try {
    await import('../../net/io/libc.ts');
    return undefined;
  } catch (error) {
    return `koffi cannot be loaded: ${(error as Error).message.split('\n')[0]}`;
  }
}
