// Paths inside the lab's private /run (a tmpfs of its mount namespace), and how they look from the host.

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

/** The drain file of a POP (`{run}/drained`). */
export function drainFile(node: string): string {
  return `${nodeRunFolder(node)}/drained`;
}
