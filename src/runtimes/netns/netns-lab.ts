// A lab on the netns runtime as commands see it: everything is asked of its supervisor, but commands are run directly.

import { readFileSync } from 'node:fs';
import { labFolder } from '../lab-folder.ts';
import type { LabPlan } from '../lab-plan.ts';
import type { LabStatus, RunningLab } from '../runtime.ts';
import { execInNode } from './exec.ts';
import { fromHost, nodeRunFolder } from './paths.ts';
import { isAlive, type RunState } from './run-state.ts';
import { askSupervisor, followEvents } from './supervisor-client.ts';

export function netnsLab(name: string, state: RunState): RunningLab {
  const { initPid } = state;
  return {
    name,
    runtime: 'netns',
    runFolder: (node) => fromHost(initPid, nodeRunFolder(node)),
    status: async () => {
      if (!isAlive(state)) return deadStatus(name);
      try {
        return await askSupervisor<LabStatus>(initPid, 'GET', '/status');
      } catch (error) {
        // Killed between the two lines above.
        if (!isAlive(state)) return deadStatus(name);
        throw error;
      }
    },
    exec: (node, argv, options) => execInNode(initPid, node, argv, options),
    fail: (target, how) => askSupervisor(initPid, 'POST', '/fail', { target, how }),
    restore: (target) => askSupervisor(initPid, 'POST', '/restore', { target }),
    setLink: (link, change) => askSupervisor(initPid, 'POST', '/link', { link, change }),
    events: (options = {}) => followEvents(initPid, options.fromStart ?? false, options.signal),
  };
}

/** What is left of a lab whose processes are gone: its plan, and that nothing of it runs. */
export function deadStatus(name: string): LabStatus {
  const plan = JSON.parse(readFileSync(labFolder(name).plan, 'utf8')) as LabPlan & {
    shaping: LabStatus['shaping'];
  };
  const reason = 'the lab was killed';
  return {
    name,
    topology: plan.topology,
    runtime: 'netns',
    shaping: plan.shaping,
    state: 'dead',
    nodes: plan.nodes.map((node) => ({
      name: node.name,
      kind: node.kind,
      city: node.city,
      asn: node.asn,
      addresses: [],
      services: node.services.map((service) => ({
        name: service.name,
        state: 'stopped',
        healthy: false,
        restarts: 0,
        reason,
      })),
    })),
    links: [],
    pops: plan.nodes
      .filter((node) => node.kind === 'pop')
      .map((node) => ({ name: node.name, city: node.city, healthy: false, announced: [] })),
  };
}
