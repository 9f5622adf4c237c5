// A cache as a child process: each kind writes its configuration into a folder and says how it is started; here it is
// started on a port of 127.0.0.1 and a processor of its own, waited for, measured through /proc, and ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/net/support/free-port.ts';
import { cpuSeconds, type Memory, memory, processTree } from '../support/processes.ts';
import { ask } from './client.ts';

export interface ServerOptions {
  port: number;
  /** Of 127.0.0.1, where the origin is. */
  originPort: number;
  /** Bytes that it may keep in memory. */
  cacheBytes: number;
}

export interface ServerKind {
  name: string;
  /** Debian packages that have it; none for programs of this checkout. */
  packages: readonly string[];
  /** Writes what it needs into `folder`; the command to run in the foreground. */
  prepare(folder: string, options: ServerOptions): { argv: string[]; env?: Record<string, string> };
}

export interface RunningServer {
  name: string;
  port: number;
  pid: number;
  folder: string;
  /** Seconds used so far by all its threads. */
  cpu(): number;
  memory(): Memory;
  kill(): Promise<void>;
  /** Ends it; throws when it had ended by itself. */
  stop(): Promise<void>;
}

export interface StartOptions {
  originPort: number;
  cacheBytes?: number;
  /** Which processor it runs on; the scheduler's choice without. */
  cpu?: number;
}

/** Asked until it is answered; an origin answers it. */
export const READY_PATH = '/ready';

const DEFAULT_CACHE_BYTES = 256 * 2 ** 20;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 4000;

export async function startServer(
  kind: ServerKind,
  scratch: string,
  options: StartOptions,
): Promise<RunningServer> {
  const folder = join(scratch, `${kind.name.replaceAll(/\W+/g, '-')}-${process.hrtime.bigint()}`);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const { originPort, cpu } = options;
  const { argv, env } = kind.prepare(folder, {
    port,
    originPort,
    cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
  });
  const logFile = join(folder, 'output.txt');
  const log = openSync(logFile, 'w');
  const [program, ...rest] = (cpu === undefined ? argv : ['taskset', '-c', String(cpu), ...argv]) as [
    string,
    ...string[],
  ];
  const child = spawn(program, rest, {
    cwd: folder,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  children.add(child);
  void ended.then(() => children.delete(child));
  await untilReady(kind.name, child, port, logFile);
  const pid = child.pid as number;
  const kill = async () => {
    killTree(child);
    await ended;
  };
  return {
    name: kind.name,
    port,
    pid,
    folder,
    cpu: () => cpuSeconds(pid),
    memory: () => memory(pid),
    kill,
    stop: async () => {
      const diedAlone = child.exitCode !== null || child.signalCode !== null;
      const lines = diedAlone ? logTail(logFile) : '';
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      await kill();
      rmSync(folder, { recursive: true, force: true });
      if (diedAlone) throw new Error(`${kind.name} had ended by itself; its last lines:\n${lines}`);
    },
  };
}

const children = new Set<ChildProcess>();

/** For the way out after an error or Ctrl-C: nothing of ours stays behind. */
export function killServers(): void {
  for (const child of children) killTree(child);
}

function killTree(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  try {
    for (const pid of processTree(child.pid)) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended while we looked.
  }
  child.kill('SIGKILL');
}

async function untilReady(name: string, child: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const reply = await ask(port, READY_PATH, { timeoutMs: 1000 }).catch(() => undefined);
    if (reply?.status === 200) return;
    await sleep(50);
  }
  killTree(child);
  throw new Error(`${name} gave no answer; its last lines:\n${logTail(logFile)}`);
}

function logTail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n').slice(-1500);
}
