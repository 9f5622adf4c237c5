// A lab on the netns runtime as commands see it: everything is asked of its supervisor, but commands are run directly.

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

export function netnsLab(name: string, state: RunState): RunningLab {
  const { initPid } = state;
  return {
    name,
    runtime: 'netns',
    runFolder: (node) => fromHost(initPid, nodeRunFolder(node)),
    programCommand: (program, flags = []) => [process.execPath, ...flags, programPath(program)],
    status: async () => {
      if (!isAlive(state)) return killedStatus(name);
      try {
        return await askSupervisor<LabStatus>(initPid, 'GET', '/status');
      } catch (error) {
        // Killed between the two lines above.
        if (!isAlive(state)) return killedStatus(name);
        throw error;
      }
    },
    exec: (node, argv, options) => execInNode(initPid, node, argv, options),
    fail: (target, how) => askSupervisor(initPid, 'POST', '/fail', { target, how }),
    restore: (target) => askSupervisor(initPid, 'POST', '/restore', { target }),
    setLink: (link, change) => askSupervisor(initPid, 'POST', '/link', { link, change }),
    events: (options = {}) => followEvents(initPid, options.fromStart ?? false, options.signal),
    logs: (node, service, options) =>
      readLogs(labFolder(name).logs, node, service, { ...options, isWritten: () => isAlive(state) }),
    stats: () => askSupervisor<ServiceStats[]>(initPid, 'GET', '/stats'),
  };
}

function killedStatus(name: string): LabStatus {
  const plan = readPlan(name);
  if (!plan) throw new Error(`lab ${name} is gone`);
  return deadStatus(plan, { runtime: 'netns', shaping: plan.shaping, reason: 'the lab was killed' });
}
