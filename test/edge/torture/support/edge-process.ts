// The edge as a process of its own: what it holds is its own, and it can be killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_FOLDER } from '../../../../src/base/project-folder.ts';

export interface EdgeProcess {
  port: number;
  adminPort: number;
  /** The lines of its log so far. */
  log: { event: string; reason?: string }[];
  /** What it holds now. */
  held(): { rssBytes: number; files: number };
  admin(method: string, path: string, body?: object): Promise<{ status: number; body: AdminBody }>;
  /** kill -9 */
  kill(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, looked at by assertions
export type AdminBody = any;

/** `folder` takes its configuration. */
export async function startEdgeProcess(folder: string, config: object): Promise<EdgeProcess> {
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify(config));
  const argv = ['--disable-warning=ExperimentalWarning', join(PROJECT_FOLDER, 'src/edge/main.ts')];
  const child = spawn(process.execPath, [...argv, '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: EdgeProcess['log'] = [];
  const { addresses, admin } = await listening(child, log);
  const adminPort = admin?.port ?? 0;
  return {
    port: addresses[0]?.port ?? 0,
    adminPort,
    log,
    held: () => ({
      rssBytes: 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
      files: readdirSync(`/proc/${child.pid}/fd`).length,
    }),
    async admin(method, path, body) {
      const init = { method, ...(body && { body: JSON.stringify(body) }) };
      const reply = await fetch(`http://127.0.0.1:${adminPort}${path}`, init);
      return { status: reply.status, body: await reply.json() };
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Listening {
  addresses: { port: number }[];
  admin?: { port: number };
}

function listening(child: ChildProcess, log: EdgeProcess['log']): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as EdgeProcess['log'][number];
      log.push(entry);
      if (entry.event === 'listening') resolve(entry as unknown as Listening);
    });
    child.once('exit', () => reject(new Error(`the edge did not start: ${JSON.stringify(log)}`)));
  });
}
