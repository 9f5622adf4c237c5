// Which sockets the server answers on, and who reads them. Opened by libc where workers read them or a successor is to be
// handed them; otherwise Node.js opens its own, and koffi is not even loaded (the lab's two dozen servers do without).

import { availableParallelism } from 'node:os';
import type { DnsConfig } from '../config.ts';
import type { TakenOver } from './hot-restart.ts';
import { takeOver } from './hot-restart.ts';
import type { ListenAddress } from './listener.ts';
import { ListenSockets, loadSocketOpener } from './listener-sockets.ts';
import type { Log } from './log.ts';

export interface OpenedSockets {
  /** Threads that are to read UDP; 0: the main thread. */
  workers: number;
  /** Absent: Node.js opens them. */
  sockets?: ListenSockets;
  /** Those of each `listen` entry. */
  pairs: ReturnType<ListenSockets['pair']>[];
  predecessor?: TakenOver;
}

/** `path`: where a server that is to be succeeded waits. @throws UserError */
export async function openSockets(
  config: Pick<DnsConfig, 'listen' | 'workers' | 'batchedIo' | 'sharePort'>,
  path: string | undefined,
  hasProgram: boolean,
  log: Log,
): Promise<OpenedSockets> {
  const wanted = !hasProgram ? 0 : config.workers === 'auto' ? availableParallelism() : config.workers;
  const batched = wanted > 0 && config.batchedIo === 'auto';
  const anyPort = config.listen.some(({ port }: ListenAddress) => port === 0);
  if (!batched && !anyPort && path === undefined) return { workers: 0, pairs: [] };
  const loaded = await loadSocketOpener();
  if ('reason' in loaded) {
    log.info('UDP is answered on the main thread, without batched system calls', { reason: loaded.reason });
    return { workers: 0, pairs: [] };
  }
  const predecessor = path === undefined ? undefined : await takeOver(path);
  const workers = batched ? wanted : 0;
  const sockets = new ListenSockets(loaded.opener, predecessor?.sockets ?? [], config.sharePort);
  try {
    const pairs = config.listen.map((place) => sockets.pair(place, Math.max(1, workers)));
    return { workers, sockets, pairs, ...(predecessor && { predecessor }) };
  } catch (error) {
    predecessor?.abandon();
    sockets.drop(sockets.all());
    throw error;
  }
}
