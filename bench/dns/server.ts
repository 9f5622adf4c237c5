// A name server as a child process: each kind writes its configuration into a folder and says how it is started; here it
// is started on a port of 127.0.0.1 and a processor of its own, waited for, measured through /proc, and ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TYPES } from '../../src/dns/wire/constants.ts';
import { encodeQuery } from '../../src/dns/wire/query.ts';
import { freePort } from '../../test/net/support/free-port.ts';
import { askOnce } from './ask.ts';
import { NAME } from './world.ts';

export interface ServerOptions {
  port: number;
  /** UDP threads. */
  threads: number;
  /** An MMDB file. */
  database: string;
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
  /** CPU used so far by all its threads. */
  cpu(): CpuTime;
  memory(): Memory;
  stop(): Promise<void>;
}

export interface CpuTime {
  userSeconds: number;
  systemSeconds: number;
}

/** In MB of 2^20 bytes (proc(5): smaps_rollup, status). */
export interface Memory {
  pss: number;
  rss: number;
  peakRss: number;
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 5000;
/** What /proc/PID/stat counts in (sysconf(_SC_CLK_TCK), 100 on every Linux of today). */
const TICKS_PER_SECOND = 100;

export async function startServer(
  kind: ServerKind,
  options: { scratch: string; database: string; threads?: number; cpu?: number },
): Promise<RunningServer> {
  const folder = join(options.scratch, `${kind.name.replaceAll(/\W+/g, '-')}-${process.hrtime.bigint()}`);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const { argv, env } = kind.prepare(folder, {
    port,
    threads: options.threads ?? 1,
    database: options.database,
  });
  const pinned = options.cpu === undefined ? argv : ['taskset', '-c', String(options.cpu), ...argv];
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'w');
  const [program, ...rest] = pinned as [string, ...string[]];
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
  ended.then(() => children.delete(child));
  await untilReady(kind.name, child, port, logFile);
  const pid = child.pid as number;
  return {
    name: kind.name,
    port,
    pid,
    folder,
    cpu: () => cpuTime(pid),
    memory: () => memory(pid),
    stop: async () => {
      const diedAlone = child.exitCode !== null || child.signalCode !== null;
      const lines = diedAlone ? logTail(logFile) : '';
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
      if (diedAlone) throw new Error(`${kind.name} had ended by itself; its last lines:\n${lines}`);
    },
  };
}

const children = new Set<ChildProcess>();

/** For the way out after an error or Ctrl-C: nothing of ours stays behind. */
export function killServers(): void {
  for (const child of children) child.kill('SIGKILL');
}

async function untilReady(name: string, child: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  const query = encodeQuery({ id: 1, name: NAME, type: TYPES.A });
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const reply = await askOnce(port, query, 250);
    if (reply && (reply.readUInt16BE(2) & 15) === 0 && reply.readUInt16BE(6) > 0) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${name} gave no answer for ${NAME}; its last lines:\n${logTail(logFile)}`);
}

function logTail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}

/** The scheduler's own count where the kernel gives it (nanoseconds); /proc/PID/stat counts in 10 ms. */
function cpuTime(pid: number): CpuTime {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const user = Number(fields[11]) / TICKS_PER_SECOND;
  const system = Number(fields[12]) / TICKS_PER_SECOND;
  const exact = schedulerSeconds(pid);
  if (exact === undefined || user + system === 0) return { userSeconds: user, systemSeconds: system };
  const userShare = user / (user + system);
  return { userSeconds: exact * userShare, systemSeconds: exact * (1 - userShare) };
}

/** Threads that have ended are not in it, so only servers with fixed threads are measured by it. */
function schedulerSeconds(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const each = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return each.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e9;
  } catch {
    return undefined;
  }
}

function memory(pid: number): Memory {
  const kilobytes = (text: string, field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    pss: kilobytes(rollup, 'Pss') / 1024,
    rss: kilobytes(rollup, 'Rss') / 1024,
    peakRss: kilobytes(status, 'VmHWM') / 1024,
  };
}
