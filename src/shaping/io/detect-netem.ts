// Whether this kernel shapes links itself: asked of the kernel, by giving the loopback of a throwaway network
// namespace a netem qdisc. Nothing stays behind; the module is loaded where the system allows that.

import { spawn } from 'node:child_process';
import type { Shaping } from '../../runtimes/lab-plan.ts';

export type NetemSupport = { available: true } | { available: false; reason: string };

export async function detectNetem(): Promise<NetemSupport> {
  const attempt = ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'];
  // An ordinary user gets a user namespace, in which it may change the network it has just made.
  const isRoot = process.getuid?.() === 0;
  const result = await run('unshare', [
    '--net',
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    ...attempt,
  ]);
  if (result.code === 0) return { available: true };
  const unknown = /Specified qdisc|No such file/.test(result.stderr);
  const lastLine = result.stderr.trim().split('\n').at(-1) || 'unshare failed';
  return {
    available: false,
    reason: unknown ? 'this kernel has no sch_netem' : `netem cannot be tried here: ${lastLine}`,
  };
}

/** What `auto` means here: the kernel's own where there is one. */
export async function chooseShaping(wanted: Shaping): Promise<Exclude<Shaping, 'auto'>> {
  if (wanted !== 'auto') return wanted;
  return (await detectNetem()).available ? 'netem' : 'relay';
}

function run(command: string, argv: string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', (error) => resolve({ code: null, stderr: error.message }));
    child.once('close', (code) => resolve({ code, stderr }));
  });
}
