// One process for one directory: two would write each other's segments. The lock is the kernel's (flock), so it ends with
// the process that has it, however that ends, and it holds between containers and network namespaces, where process ids
// and abstract sockets mean nothing. Node.js cannot take it itself: flock(1) does, on a descriptor that it inherits, and
// the lock stays with ours when it has ended. The process id in the file is for people.

import { spawnSync } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';

export interface DiskLock {
  release(): Promise<void>;
}

/** flock(1) ends so when somebody else has the lock. */
const HELD = 1;

/** @throws UserError when another process has it; what the system says when the directory cannot be used. */
export async function lockDirectory(directory: string): Promise<DiskLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(join(directory, 'lock'), 'a+', 0o600);
  const flock = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', handle.fd] });
  if (flock.status !== 0) {
    const holder = (await handle.readFile('utf8')).trim();
    await handle.close();
    throw flock.status === HELD ? heldBy(directory, holder) : notLocked(directory, flock);
  }
  // On a full disk nobody learns who has it; it is had all the same.
  await handle
    .truncate()
    .then(() => handle.appendFile(`${process.pid}\n`))
    .catch(() => {});
  return { release: () => handle.close() };
}

function heldBy(directory: string, holder: string): UserError {
  return new UserError({
    file: directory,
    path: 'disk.directory',
    message: `another edge keeps its objects there${holder === '' ? '' : ` (process ${holder})`}`,
    hint: 'stop it first, or give each edge a directory of its own',
  });
}

function notLocked(directory: string, { error, stderr }: ReturnType<typeof spawnSync>): UserError {
  const isMissing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  return new UserError({
    file: directory,
    path: 'disk.directory',
    message: `cannot lock it: ${error?.message ?? String(stderr).trim()}`,
    hint: isMissing ? 'the program flock is in the package util-linux' : 'use a directory on a local disk',
  });
}
