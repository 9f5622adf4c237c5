// Paths inside the lab's private /run (a tmpfs of its mount namespace), and how they look from the host.

import type { RuntimePaths } from '../placeholders.ts';
import { programPath } from '../programs.ts';

/** As the lab's own processes see it. Short on purpose: a UNIX socket's path holds 107 bytes. */
export const RUN_FOLDER = '/run/catchment';
export const SUPERVISOR_SOCKET = `${RUN_FOLDER}/supervisor.sock`;

export function nodeRunFolder(node: string): string {
  return `${RUN_FOLDER}/nodes/${node}`;
}

/** The same file seen from the host: through the root of the lab's init process. */
export function fromHost(initPid: number, path: string): string {
  return `/proc/${initPid}/root${path}`;
}

/** What the placeholders of a plan mean in a node. */
export function netnsPaths(files: string, node: string): RuntimePaths {
  return { lab: files, run: nodeRunFolder(node), node: process.execPath, program: programPath };
}
