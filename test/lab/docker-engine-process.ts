// A Docker engine of the tests' own: dockerd with a data root of its own, and the end of it, with all that it changed on the
// machine: processes, bridge, firewall, forwarding, mounts, files.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineProblem } from '../../src/runtimes/docker/engine.ts';
import { undoFirewallChanges } from './docker-firewall.ts';

/** Names a file of this run that says where its engine is; set by the global setup. */
export const ENGINE_FILE_VARIABLE = 'CATCHMENT_TEST_ENGINE_FILE';

/** Short, since UNIX socket paths are bounded; the data root is not in memory. */
const RUN_FOLDER_PREFIX = '/run/catchment-engine-';
const DATA_FOLDER = '/var/tmp';
const START_TIMEOUT_MS = 60_000;
export const STOP_TIMEOUT_MS = 30_000;
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** What has to be undone, written before anything is done. */
interface EngineState {
  owner: number;
  pid?: number;
  runFolder: string;
  dataFolder: string;
  hadBridge: boolean;
  ipForward: string;
  firewall: Record<string, string>;
}

/** An engine of our own, or why there can be none. `owner`: the process after whose end it is an orphan. */
export async function startEngine(owner = process.pid): Promise<{ runFolder: string } | { reason: string }> {
  if (process.getuid?.() !== 0) return { reason: 'that takes root' };
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  for (const command of ['dockerd', 'iptables', 'ip']) {
    if (!path.split(':').some((folder) => existsSync(join(folder, command)))) {
      return { reason: `${command} is not installed (./lab test --install does it)` };
    }
  }
  await sweep();
  const runFolder = mkdtempSync(RUN_FOLDER_PREFIX);
  chmodSync(runFolder, 0o711); // the socket's group may use the engine, as that of an installed one
  const state: EngineState = {
    owner,
    runFolder,
    dataFolder: mkdtempSync(join(DATA_FOLDER, 'catchment-engine-')),
    hadBridge: spawnSync('ip', ['link', 'show', 'docker0']).status === 0,
    ipForward: readFileSync(IP_FORWARD, 'utf8'),
    firewall: readFirewall(),
  };
  const save = () => writeFileSync(join(runFolder, 'state.json'), JSON.stringify(state));
  save();
  // Not the machine's own daemon.json: it may name hosts or folders of its own.
  writeFileSync(join(runFolder, 'daemon.json'), '{}');
  const log = join(runFolder, 'dockerd.log');
  const output = openSync(log, 'w');
  const child = spawn(
    'dockerd',
    [
      ...['--config-file', join(runFolder, 'daemon.json'), '--host', `unix://${runFolder}/docker.sock`],
      ...['--data-root', state.dataFolder, '--exec-root', join(runFolder, 'exec')],
      ...['--pidfile', join(runFolder, 'dockerd.pid')],
    ],
    { detached: true, stdio: ['ignore', output, output], env: { ...process.env, PATH: path } },
  );
  closeSync(output);
  child.on('error', () => {}); // seen below: it does not run
  state.pid = child.pid;
  save();
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && child.pid !== undefined && Date.now() < deadline) {
    if (await answers(runFolder)) return { runFolder };
    await sleep(200);
  }
  const reason = lastError(readFileSync(log, 'utf8'));
  await stopEngine(runFolder);
  return { reason: `dockerd does not start: ${reason}` };
}

/** Ends an engine of ours and undoes what it changed. Can be repeated. */
export async function stopEngine(runFolder: string): Promise<void> {
  let state: EngineState;
  try {
    state = JSON.parse(readFileSync(join(runFolder, 'state.json'), 'utf8')) as EngineState;
  } catch {
    rmSync(runFolder, { recursive: true, force: true });
    return;
  }
  // Its containers first: with their shims they would outlive it.
  const pids = () => processesIn(runFolder);
  if (state.pid && pids().includes(state.pid)) {
    process.kill(state.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (pids().includes(state.pid) && Date.now() < deadline) await sleep(100);
  }
  for (let tries = 0; pids().length > 0 && tries < 50; tries++) {
    for (const pid of pids()) kill(pid);
    await sleep(100);
  }
  if (!state.hadBridge) spawnSync('ip', ['link', 'delete', 'docker0'], { stdio: 'ignore' });
  for (const [save, before] of Object.entries(state.firewall)) {
    const after = spawnSync(save, { encoding: 'utf8' }).stdout ?? '';
    const input = undoFirewallChanges(before, after);
    if (input)
      spawnSync(save.replace('-save', '-restore'), ['--noflush'], {
        input,
        stdio: ['pipe', 'inherit', 'inherit'],
      });
  }
  writeFileSync(IP_FORWARD, state.ipForward);
  for (const folder of [runFolder, state.dataFolder]) {
    for (const mount of mountsUnder(folder)) spawnSync('umount', ['--lazy', mount], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends engines of test runs that were killed. */
async function sweep(): Promise<void> {
  const prefix = RUN_FOLDER_PREFIX.slice('/run/'.length);
  for (const entry of readdirSync('/run').filter((name) => name.startsWith(prefix))) {
    const folder = join('/run', entry);
    try {
      const { owner } = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as EngineState;
      if (existsSync(`/proc/${owner}`)) continue;
    } catch {
      // Killed before it had written anything.
    }
    await stopEngine(folder);
  }
}

/** Each command that lists rules, with what it lists now. */
function readFirewall(): Record<string, string> {
  return Object.fromEntries(
    ['iptables-save', 'ip6tables-save'].flatMap((command) => {
      const { status, stdout } = spawnSync(command, { encoding: 'utf8' });
      return status === 0 ? [[command, stdout]] : [];
    }),
  );
}

async function answers(runFolder: string): Promise<boolean> {
  if (!existsSync(join(runFolder, 'docker.sock'))) return false;
  const before = process.env['DOCKER_HOST'];
  process.env['DOCKER_HOST'] = `unix://${runFolder}/docker.sock`;
  const problem = await engineProblem();
  if (before === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = before;
  return problem === undefined;
}

function lastError(log: string): string {
  const lines = log.trim().split('\n');
  const line =
    lines.findLast((each) => /failed to start|level=(fatal|error)|Error/i.test(each)) ?? lines.at(-1);
  return /msg="((?:[^"\\]|\\.)*)"/.exec(line ?? '')?.[1] ?? line ?? 'it says nothing';
}

/** Host pids of the engine, its containerd and its shims: all have the run folder on their command line. */
function processesIn(runFolder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(runFolder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

/** Innermost first. */
function mountsUnder(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(`${folder}/`) || mount === folder)
    .reverse();
}

/** For the global setup: a file of this run in which the engine's place is kept. */
export function newEngineFile(): string {
  const folder = join(import.meta.dirname, '../../.lab/.launcher');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `test-engine-${process.pid}`);
  rmSync(file, { force: true });
  return file;
}
