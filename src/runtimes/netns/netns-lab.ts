// A lab on the netns runtime as commands see it: everything is asked of its supervisor, but commands are run directly.

import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';
import { readPlan } from '../lab-files.ts';
import { labFolder } from '../lab-folder.ts';
import { readLogs } from '../log-files.ts';
import { deadStatus } from '../plan-status.ts';
import { programPath } from '../programs.ts';
import { isAlive, type RunState } from '../run-state.ts';
import type { LabStatus, RunningLab, ServiceStats } from '../runtime.ts';
import { execInNode } from './exec.ts';
import { fromHost, nodeRunFolder } from './paths.ts';
import { askSupervisor, followEvents } from './supervisor-client.ts';

const KILLED = 'the lab was killed';
/** A supervisor that is killed takes the lab's first process with it, which takes the kernel a moment. */
const DEAD_WITHIN_MS = 2000;

export function netnsLab(name: string, state: RunState): RunningLab {
  const { initPid } = state;
  const change = async (path: string, body: unknown): Promise<void> => {
    try {
      await askSupervisor(initPid, 'POST', path, body);
    } catch (error) {
      if (!(await isDying(error, state))) throw error;
      throw new UserError({
        message: `nothing of lab ${name} runs any more: ${KILLED}`,
        hint: `./lab down --name ${name}, then ./lab up`,
      });
    }
  };
  return {
    name,
    runtime: 'netns',
    runFolder: (node) => fromHost(initPid, nodeRunFolder(node)),
    runFolderInside: nodeRunFolder,
    programCommand: (program, flags = []) => [process.execPath, ...flags, programPath(program)],
    status: async () => {
      if (!isAlive(state)) return killedStatus(name);
      try {
        return await askSupervisor<LabStatus>(initPid, 'GET', '/status');
      } catch (error) {
        if (await isDying(error, state)) return killedStatus(name);
        throw error;
      }
    },
    exec: (node, argv, options) => execInNode(initPid, node, argv, options),
    fail: (target, how) => change('/fail', { target, how }),
    restore: (target) => change('/restore', { target }),
    setLink: (link, wanted) => change('/link', { link, change: wanted }),
    events: (options = {}) => followEvents(initPid, options.fromStart ?? false, options.signal),
    logs: (node, service, options) =>
      readLogs(labFolder(name).logs, node, service, { ...options, isWritten: () => isAlive(state) }),
    stats: () => askSupervisor<ServiceStats[]>(initPid, 'GET', '/stats'),
  };
}

/** Whether a question failed because the lab ends just now; an answer that is an error is none of that. */
async function isDying(error: unknown, state: RunState): Promise<boolean> {
  if ((error as NodeJS.ErrnoException).code === undefined) return false;
  for (const deadline = Date.now() + DEAD_WITHIN_MS; isAlive(state); await sleep(10)) {
    if (Date.now() > deadline) return false;
  }
  return true;
}

function killedStatus(name: string): LabStatus {
  const plan = readPlan(name);
  if (!plan) throw new Error(`lab ${name} is gone`);
  return deadStatus(plan, { runtime: 'netns', shaping: plan.shaping, reason: KILLED });
}
