// Work that may take its time while queries are answered: reading a zone, warming a new worker. On Linux each thread has a
// priority of its own (setpriority(2) with a thread's id), so the thread that does it steps behind those that answer. To
// come back to the front takes privileges, which servers of port 53 often have; without them nothing is changed.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** As nice(1): the last. A seventieth of the weight of those that answer. */
const BEHIND = 19;

/** Steps this thread back; returns how to come forward again. `forGood`: it ends with this work, so anybody may. */
export function stepBehind(forGood = false): () => void {
  if (process.platform !== 'linux') return () => {};
  const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const before = getPriority(thread);
  if (!forGood && !mayComeForward(thread, before)) return () => {};
  setPriority(thread, Math.max(before, BEHIND));
  return () => setPriority(thread, before);
}

/** Tried, by one step forward: root is not enough, since a container's root and a user namespace's may not. */
function mayComeForward(thread: number, before: number): boolean {
  try {
    setPriority(thread, before - 1);
  } catch {
    return false;
  }
  setPriority(thread, before);
  return true;
}

/**
 * Puts V8's own threads, which compile hot code and mark garbage, behind those that answer; for the life of the process, before
 * workers start. No thread waits for them to collect young garbage: a collection that is shared out would wait for its share to
 * get a processor. (`--single-threaded-gc` means more, but only on the command line, where any flag makes Node.js reject the
 * compiled code that it carries.)
 */
export function keepHelpersBehind(): void {
  if (process.platform !== 'linux') return;
  setFlagsFromString('--no-parallel-scavenge');
  for (const thread of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
    if (name === 'V8Worker') setPriority(Number(thread), BEHIND);
  }
}
