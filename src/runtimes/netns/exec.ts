// Runs a command inside a node: the lab's namespaces, then the node's network namespace, and a mount and UTS namespace
// of its own in which /etc/hosts, /etc/resolv.conf and the host name are the node's.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { ExecOptions, ExecResult } from '../runtime.ts';
import { nodeRunFolder } from './paths.ts';

/** $0 is the node's name, the arguments are the command. An ordinary user's lab may set its name, but not through /proc. */
const ENTER_NODE = `
{ echo "$0" >/proc/sys/kernel/hostname || hostname "$0"; } 2>/dev/null
mount --bind "${nodeRunFolder('$0')}/hosts" /etc/hosts
mount --bind "${nodeRunFolder('$0')}/resolv.conf" /etc/resolv.conf
exec "$@"
`;

export function enterCommand(initPid: number, node: string, argv: string[]): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  return [
    'nsenter',
    `--target=${initPid}`,
    ...user,
    '--mount',
    '--net',
    '--pid',
    // Entering a mount namespace goes to its root: the lab's own root and our folder are meant (a chroot has others).
    '--root',
    `--wd=${process.cwd()}`,
    'nsenter',
    `--net=/run/netns/${node}`,
    'unshare',
    '--mount',
    '--uts',
    'sh',
    '-c',
    ENTER_NODE,
    node,
    ...argv,
  ];
}

export function execInNode(
  initPid: number,
  node: string,
  argv: string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const [command = '', ...rest] = enterCommand(initPid, node, argv);
  const inherit = options.stdio === 'inherit';
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, {
      stdio: inherit ? ['inherit', options.output ? 'pipe' : 'inherit', 'inherit'] : 'pipe',
      env: { ...process.env, ...options.env },
      // A group of its own, so that aborting ends the command and not only the nsenter before it.
      detached: !inherit,
    });
    const abort = () => endGroup(child.pid);
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.signal?.aborted) abort();
    let stdout = '';
    let stderr = '';
    child.once('error', reject);
    if (child.stdout && options.output) child.stdout.pipe(options.output);
    else if (child.stdout && options.onLine)
      createInterface({ input: child.stdout }).on('line', options.onLine);
    else child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin?.on('error', () => {}); // a command that does not read its input is no error
    child.stdin?.end(options.input ?? '');
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', abort);
      // As a shell tells it (POSIX.1-2024 XCU 2.8.2), and as an engine does.
      resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), stdout, stderr });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (!pid) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}
