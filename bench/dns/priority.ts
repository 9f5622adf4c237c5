// Latency says something of a server only while no other work of the machine stands in its way. Linux shares the processor
// between sessions first (sched(7), autogroups), so the bench's own session goes before the others while it measures times;
// client and servers are all of this session, so between them it changes nothing.

import { writeFileSync } from 'node:fs';

/** As nice(2): weighs some 28 times as much as 0. */
const FIRST = '-15';

/** Needs root; elsewhere nothing changes. */
export async function beforeOtherWork<T>(work: () => Promise<T>): Promise<T> {
  setGroup(FIRST);
  try {
    return await work();
  } finally {
    restorePriority();
  }
}

/** Also on the way out after Ctrl-C: the terminal's other programs are of this session too. */
export function restorePriority(): void {
  setGroup('0');
}

function setGroup(nice: string): void {
  try {
    writeFileSync('/proc/self/autogroup', nice);
  } catch {
    // Not allowed, or a kernel without autogroups: then a quiet machine has to do.
  }
}
