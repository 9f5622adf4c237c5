// Makes a long-lived process give back what its start left behind, and grow less between collections afterwards: 2 to
// 6 MB each, times twenty in a lab. V8 starts with the opposite in mind, a short life with much memory to itself.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Not in the rush of a lab's start, when every process wants the processor. */
const AFTER_MS = 3000;

/** Once, when the process is ready. Does not keep it alive. */
export function keepHeapSmall(): void {
  setTimeout(() => {
    // On the command line this flag would make Node.js reject the compiled code it carries, 30 ms at every start.
    setFlagsFromString('--optimize-for-size');
    collectAll();
  }, AFTER_MS).unref();
}

/** The first half of it, for a process whose speed counts: with the other, an edge answered half as many requests. */
export function giveBackStart(): void {
  setTimeout(collectAll, AFTER_MS).unref();
}

function collectAll(): void {
  setFlagsFromString('--expose-gc'); // for contexts made from now on
  const collect: NodeJS.GCFunction = runInNewContext('gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
