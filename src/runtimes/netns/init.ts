// The first process of a lab: a bash that is PID 1 of the lab's PID namespace. It mounts what must be private, starts
// the supervisor and waits for it. bash, because PID 1 has to reap orphans, and because when it ends, for whatever
// reason, the kernel kills everything in the namespace: the lab cannot leave a process behind.

import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import type { LabFolder } from '../lab-folder.ts';
import type { Shaping } from '../lab-plan.ts';
import { NODE_FLAGS, programPath } from '../programs.ts';
import { RUN_FOLDER } from './paths.ts';

/**
 * For every process of the lab (mallopt(3)): larger pieces go back to the kernel when freed. V8's compilers work in pieces
 * of 32 KB, and glibc would keep the megabytes of the largest function ever compiled: 4 MB in each edge.
 */
const MALLOC_SETTINGS = { MALLOC_MMAP_THRESHOLD_: '32768' };

const INIT_SCRIPT = `
set -e
# Before the private /proc is mounted, the host's is still here: it tells our pid as the host sees it.
read -r -a stat </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/netns ${RUN_FOLDER}/nodes
# exec binds each node's own resolv.conf over this file, so it has to exist even where it is a link into /run.
target=$(readlink -f /etc/resolv.conf || true)
[ -z "$target" ] || [ -e "$target" ] || { mkdir -p "$(dirname "$target")"; : >"$target"; }
ip link set lo up
printf '{"initPid":%s,"startTicks":%s}\\n' "\${stat[0]}" "\${stat[21]}" >"$CATCHMENT_STATE.new"
mv "$CATCHMENT_STATE.new" "$CATCHMENT_STATE"
"$@" &
wait $!
`;

/** For unshare(1): the namespaces of a lab; an ordinary user needs one more, in which it is root. */
export function namespaceFlags(): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...user, '--mount', '--net', '--pid', '--fork'];
}

/** Starts the lab's namespaces, detached from this process. Resolves to nothing: the state file tells the pid. */
export function startInit(folder: LabFolder, labName: string, shaping: Shaping) {
  const log = openSync(join(folder.logs, 'supervisor.log'), 'w');
  const child = spawn(
    'unshare',
    [
      ...namespaceFlags(),
      '--kill-child',
      'bash',
      '-c',
      INIT_SCRIPT,
      'catchment-init',
      process.execPath,
      ...NODE_FLAGS,
      programPath('supervisor'),
      labName,
      shaping,
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: PROJECT_FOLDER,
      env: { ...process.env, ...MALLOC_SETTINGS, CATCHMENT_STATE: folder.state },
    },
  );
  child.unref();
  return child;
}
