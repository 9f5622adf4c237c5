// Which process is a lab's init: its pid as the host sees it, and its start time so that a reused pid is never taken
// for it (and never killed). The same pair says who holds a lab's lock.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface RunState {
  initPid: number;
  /** Field 22 of /proc/PID/stat (proc(5)): start time in clock ticks since boot. */
  startTicks: number;
}

export function readRunState(file: string): RunState | undefined {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as Partial<RunState> | null;
    const { initPid, startTicks } = state ?? {};
    return initPid !== undefined && startTicks !== undefined ? { initPid, startTicks } : undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(state: RunState | undefined): state is RunState {
  return state !== undefined && startTicksOf(state.initPid) === state.startTicks;
}

/**
 * Makes the lock file ours; false when another process that lives has it. Throws what the file system says. link(2) makes it
 * with its holder's name in it at once, so that nobody reads it half written and takes it for one of the dead.
 */
export function takeLock(file: string): boolean {
  const own = `${file}.${process.pid}`;
  const dead = `${own}.dead`;
  const state: RunState = { initPid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
  writeFileSync(own, JSON.stringify(state));
  try {
    for (;;) {
      if (succeeds(() => linkSync(own, file), 'EEXIST')) return true;
      if (isAlive(readRunState(file))) return false;
      if (!succeeds(() => renameSync(file, dead), 'ENOENT')) continue; // given back meanwhile
      // Its holder was killed. Of two who see that, the second may have the first one's new lock in its hand: it gives it back.
      if (!isAlive(readRunState(dead))) continue;
      succeeds(() => linkSync(dead, file), 'EEXIST');
      return false;
    }
  } finally {
    rmSync(own, { force: true });
    rmSync(dead, { force: true });
  }
}

/** False for that error; any other is thrown. */
function succeeds(act: () => void, code: string): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}

function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets: fields are counted from its closing bracket (field 2).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
