// Runs a TypeScript file inside fresh network, mount and PID namespaces, as root of them, and returns what it prints.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export async function runInNamespaces(file: string, argv: string[], timeoutMs: number): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  const isolation = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const script = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"';
  const command = ['sh', '-c', script, 'sh', process.execPath, file, ...argv];
  const rights = isRoot ? [] : ['--user', '--map-root-user'];
  const options = { timeout: timeoutMs, maxBuffer: 16 << 20 };
  const { stdout } = await promisify(execFile)('unshare', [...isolation, ...rights, ...command], options);
  return stdout;
}
