// Starts origins and edges for an experiment as the processes they are in real life, on free loopback ports, and ends
// them by their own handles.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../base/errors.ts';
import type { RunningService } from '../experiments/experiment.ts';

/** Node.js with the program; `--config FILE` is added. */
export interface ServiceCommands {
  origin: readonly string[];
  edge: readonly string[];
}

export interface ExperimentServices {
  start(kind: 'origin' | 'edge', config: object): Promise<RunningService>;
  stop(services: readonly RunningService[]): Promise<void>;
  /** Ends all that are left and removes every file. */
  close(): Promise<void>;
}

const LOOPBACK = { address: '127.0.0.1', port: 0 };
const END_WITHIN_MS = 5000;
const WARM_UP_REQUESTS = 100;

export function experimentServices(commands: ServiceCommands): ExperimentServices {
  const folder = mkdtempSync(join(tmpdir(), 'lab-experiment-'));
  const running = new Set<RunningService>();
  let count = 0;
  const stop = async (services: readonly RunningService[]) => {
    await Promise.all(services.map((service) => service.stop()));
    for (const service of services) running.delete(service);
  };
  return {
    async start(kind, config) {
      const file = join(folder, `${kind}-${count++}.json`);
      writeFileSync(file, JSON.stringify({ listen: [LOOPBACK], admin: LOOPBACK, ...config }));
      const service = await startService(kind, [...commands[kind], '--config', file]);
      running.add(service);
      return service;
    },
    stop,
    async close() {
      await stop([...running]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startService(kind: string, [command = '', ...args]: string[]): Promise<RunningService> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const { port, adminPort } = await listening(kind, child, () => said);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await warmUp(port);
  return {
    target: { address: '127.0.0.1', port, host: `127.0.0.1:${port}` },
    async state(path) {
      const response = await fetch(`http://127.0.0.1:${adminPort}${path}`);
      return (await response.json()) as Record<string, unknown>;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A process that has answered nobody yet takes milliseconds for its first answers, and a queue builds up meanwhile. */
async function warmUp(port: number): Promise<void> {
  for (let i = 0; i < WARM_UP_REQUESTS; i++)
    await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer();
}

/** Every service's first line says where it listens. */
function listening(
  kind: string,
  child: ChildProcess,
  errors: () => string,
): Promise<{ port: number; adminPort: number }> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        const event = JSON.parse(line) as {
          event?: string;
          addresses?: { port: number }[];
          admin?: { port: number };
        };
        const port = event.addresses?.[0]?.port;
        if (event.event === 'listening' && port !== undefined)
          resolve({ port, adminPort: event.admin?.port ?? 0 });
      } catch {
        // Not an event.
      }
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new UserError({ message: `the ${kind} of the experiment ended (${code}): ${errors().trim()}` })),
    );
  });
}
