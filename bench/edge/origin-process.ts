// programs/origin.ts as a child.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export async function startOriginProcess(cpu?: number): Promise<{ port: number; stop(): Promise<void> }> {
  const flags = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'programs/origin.ts')];
  const argv = [...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]), process.execPath, ...flags];
  const [program, ...rest] = argv as [string, ...string[]];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  return {
    port: Number(String(line)),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
