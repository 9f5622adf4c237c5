// The nodes' volatile folders on the host: mounted into the containers of each node, so that the services' UNIX sockets can
// be reached from here. A socket can be used by its owner only, which is the services' user (and root).

import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFolder } from '../lab-folder.ts';

/** sun_path of unix(7) without its final zero. */
const SOCKET_PATH_BYTES = 107;
/** Of the longest name of a socket in there, with room. */
const SOCKET_NAME_BYTES = 20;
/** The images' own user, for labs of root: services need no power. */
const UNPRIVILEGED = '10001:10001';

/** `uid:gid` of the services: the lab's owner, who can then use their sockets. */
export function serviceUser(): string {
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? UNPRIVILEGED : `${uid}:${process.getgid?.() ?? uid}`;
}

/** Parent of all: what is mounted. */
export function runFolders(lab: string): string {
  return join(labFolder(lab).root, 'run');
}

export function makeRunFolders(lab: string, nodes: readonly string[]): void {
  const parent = runFolders(lab);
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o755);
  const [uid = 0, gid = 0] = serviceUser().split(':').map(Number);
  for (const node of nodes) {
    const folder = join(parent, node);
    mkdirSync(folder, { recursive: true });
    chownSync(folder, uid, gid);
    chmodSync(folder, 0o755);
  }
  // A UNIX socket's path is short, and a checkout may be deep: then by a link in the folder for temporary files.
  const longest = Math.max(0, ...nodes.map((node) => Buffer.byteLength(join(parent, node))));
  if (longest + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES) {
    rmSync(shortcut(parent), { force: true });
    symlinkSync(parent, shortcut(parent));
  }
}

export function runFolder(lab: string, node: string): string {
  const folder = join(runFolders(lab), node);
  const fits = Buffer.byteLength(folder) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES;
  return fits ? folder : join(shortcut(runFolders(lab)), node);
}

export function removeRunFolders(lab: string): void {
  rmSync(shortcut(runFolders(lab)), { force: true });
  rmSync(runFolders(lab), { recursive: true, force: true });
}

function shortcut(folder: string): string {
  return join(tmpdir(), `catchment-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
}
