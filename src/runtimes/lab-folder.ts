// Where a lab keeps what it knows: .lab/NAME/ under the project. Everything a lab writes is in here, so that
// removing the folder removes the lab's memory; what must vanish with the processes is in tmpfs (netns runtime).

import { join, resolve } from 'node:path';
import { PROJECT_FOLDER } from '../base/project-folder.ts';

/** Path of the resolved topology among the plan's files. */
export const TOPOLOGY_FILE = 'topology.json';

/** Root of all labs; CATCHMENT_LAB_DIR moves it (tests, read-only checkouts). */
export function labsFolder(): string {
  return resolve(process.env['CATCHMENT_LAB_DIR'] ?? join(PROJECT_FOLDER, '.lab'));
}

export interface LabFolder {
  root: string;
  /** The plan the lab was built from (LabPlan without files). */
  plan: string;
  /** The resolved topology: one of the plan's files, so that a lab has it from its first moment. */
  topology: string;
  /** Fingerprint of the plan, written once the lab is ready: tells whether a second `up` would change anything. */
  fingerprint: string;
  /** Which processes are the lab's: RunState. */
  state: string;
  /** Held by the `up` that is at work: RunState of it. */
  lock: string;
  /** Rendered configuration files. */
  files: string;
  logs: string;
  events: string;
  reports: string;
}

export function labFolder(name: string): LabFolder {
  const root = join(labsFolder(), name);
  return {
    root,
    plan: join(root, 'plan.json'),
    topology: join(root, 'files', TOPOLOGY_FILE),
    fingerprint: join(root, 'fingerprint'),
    state: join(root, 'state.json'),
    lock: join(root, 'up.lock'),
    files: join(root, 'files'),
    logs: join(root, 'logs'),
    events: join(root, 'events.jsonl'),
    reports: join(root, 'reports'),
  };
}

/** Lab names are folder names and DNS labels. */
export function isLabName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,30}$/.test(name);
}
