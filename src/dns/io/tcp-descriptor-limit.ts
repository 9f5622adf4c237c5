// How many files and sockets the process may have open. Node.js raises the soft limit to the hard one as it starts.

import { readFileSync } from 'node:fs';

/** Infinity where it cannot be known. */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
