// Work that may take its time while queries are answered: reading a zone, warming a new worker. On Linux each thread has a
// priority of its own (setpriority(2) with a thread's id), so the thread that does it steps behind those that answer. To
// come back to the front takes privileges, which servers of port 53 mostly have; without them nothing is changed.

import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** As nice(1): about a tenth of the weight of those that answer. */
const BEHIND = 10;

/** Steps this thread back; returns how to come forward again. `forGood`: it ends with this work, so anybody may. */
export function stepBehind(forGood = false): () => void {
  if (process.platform !== 'linux' || (!forGood && process.geteuid?.() !== 0)) return () => {};
  const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const before = getPriority(thread);
  setPriority(thread, Math.max(before, BEHIND));
  return () => setPriority(thread, before);
}
