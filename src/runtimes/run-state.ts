// Which process is a lab's init: its pid as the host sees it, and its start time so that a reused pid is never taken
// for it (and never killed). The same pair says who holds a lab's lock.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

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

/** Makes the lock file ours; false when another process that lives has it. Throws what the file system says. */
export function takeLock(file: string): boolean {
  const own: RunState = { initPid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
  try {
    writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isAlive(readRunState(file))) return false;
    // Its holder was killed.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
    return true;
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
