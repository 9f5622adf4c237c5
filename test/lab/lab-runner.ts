// A folder of labs of a test's own and `./lab` on it as a process, as users run it: labs elsewhere go on undisturbed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import type { LabStatus, ServiceStatus } from '../../src/runtimes/runtime.ts';

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface LabRunner {
  folder: string;
  lab(...args: string[]): Ended;
  /** What a command prints with --json; throws with its errors when that is no JSON. */
  json<T>(...args: string[]): T;
  status(...args: string[]): LabStatus;
  /** In a process group of its own, as a shell starts it: a Ctrl-C goes to the whole group. */
  start(...args: string[]): ChildProcess;
  /** Host pid of a lab's PID 1, undefined when there is none. */
  initPid(name: string): number | undefined;
  /** Ends every lab and removes the folder. */
  clear(): void;
}

export function labRunner(): LabRunner {
  // Made when it is first wanted: a suite that is skipped has no afterAll to clear it.
  let made: string | undefined;
  const folder = (): string => {
    made ??= mkdtempSync(join(tmpdir(), 'catchment-test-'));
    return made;
  };
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const env = () => ({ ...inherited, CATCHMENT_LAB_DIR: folder() });
  const program = join(PROJECT_FOLDER, 'lab');
  const lab = (...args: string[]): Ended => {
    const options = { encoding: 'utf8', env: env(), maxBuffer: 64 * 1024 * 1024 } as const;
    const { status, stdout, stderr } = spawnSync(program, args, options);
    return { code: status, out: stdout, err: stderr };
  };
  const json = <T>(...args: string[]): T => {
    const { out, err } = lab(...args, '--json');
    try {
      return JSON.parse(out) as T;
    } catch {
      throw new Error(`./lab ${args.join(' ')} --json printed no JSON: ${out}${err}`);
    }
  };
  return {
    get folder() {
      return folder();
    },
    lab,
    json,
    status: (...args) => json<LabStatus>('status', ...args),
    start: (...args) =>
      spawn(program, args, { env: env(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] }),
    initPid: (name) => {
      try {
        return JSON.parse(readFileSync(join(folder(), name, 'state.json'), 'utf8')).initPid as number;
      } catch {
        return undefined;
      }
    },
    clear: () => {
      if (made === undefined) return;
      lab('down', '--all');
      rmSync(made, { recursive: true, force: true });
    },
  };
}

/** Generous: a bound for a machine that does ten things at once, not a target. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(100);
  }
}

/** Resolves once the process has printed something that matches; rejects when it ends without. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk;
      if (pattern.test(text)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => reject(new Error(`ended before ${pattern}: ${text}`)));
  });
}

/** Host pids in the PID namespace of a lab's init: the lab's processes and no others. */
export function processesOf(initPid: number): number[] {
  const wanted = pidNamespace(initPid);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && wanted !== undefined && pidNamespace(entry) === wanted)
    .map(Number);
}

/** The one process of a lab whose command line matches, by its host pid. */
export function processOf(initPid: number, commandLine: RegExp): number {
  const found = processesOf(initPid).filter((pid) => commandLine.test(commandLineOf(pid)));
  if (found.length !== 1) throw new Error(`${found.length} processes match ${commandLine}`);
  return found[0] ?? 0;
}

/** Processes anywhere on this machine that were started for labs in the folder. */
export function processesMentioning(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => environmentOf(entry).includes(`CATCHMENT_LAB_DIR=${folder}\0`))
    .map((entry) => `${entry} ${commandLineOf(Number(entry))}`);
}

function pidNamespace(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

export function isReady(now: LabStatus): boolean {
  return now.state === 'ready' && now.pops.every((pop) => pop.healthy);
}

/** `target` as `NODE/SERVICE`. */
export function serviceIn(now: LabStatus, target: string): ServiceStatus | undefined {
  const [node, service] = target.split('/');
  return now.nodes.find((each) => each.name === node)?.services.find((each) => each.name === service);
}
