// The netns runtime: a lab is a supervisor in fresh mount, network, PID and (for an ordinary user) user namespaces.
// Nothing of it is in the host's namespaces, so nothing can clash with the host and `down` is one kill.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';
import { chooseShaping } from '../../shaping/io/detect-netem.ts';
import { labNames, lockFolder, removeLabFiles, writePlan } from '../lab-files.ts';
import { labFolder } from '../lab-folder.ts';
import { isAlive, readRunState } from '../run-state.ts';
import type { LabEvent, RunningLab, Runtime } from '../runtime.ts';
import { namespaceFlags, startInit } from './init.ts';
import { netnsLab } from './netns-lab.ts';
import { netnsPaths } from './paths.ts';
import { followEvents } from './supervisor-client.ts';

/** Bounds a start that hangs; building 220 nodes takes 2 s. */
const START_WITHIN_MS = 60_000;

/** Commands the lab's nodes need, and the Debian package of each. */
export const REQUIRED_COMMANDS: Record<string, string> = {
  ip: 'iproute2',
  unshare: 'util-linux',
  bird: 'bird2',
  unbound: 'unbound',
  ethtool: 'ethtool',
};

export const netnsRuntime: Runtime = {
  name: 'netns',

  async unavailable() {
    if (process.platform !== 'linux') {
      return { reason: 'network namespaces need Linux', hint: 'use --runtime docker' };
    }
    const missing = Object.entries(REQUIRED_COMMANDS).filter(([command]) => !onPath(command));
    if (missing.length > 0) {
      const packages = missing.map(([, name]) => name).join(' ');
      return {
        reason: `missing: ${missing.map(([command]) => command).join(', ')}`,
        hint: `apt-get install ${packages}`,
      };
    }
    const probe = spawnSync('unshare', [...namespaceFlags(), 'true'], { encoding: 'utf8' });
    if (probe.status !== 0) {
      return {
        reason: `namespaces cannot be made: ${probe.stderr.trim()}`,
        hint: namespaceFlags().includes('--user')
          ? 'run as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 (or user.max_user_namespaces=10000)'
          : 'give this container or machine CAP_SYS_ADMIN (docker run --privileged)',
      };
    }
    return undefined;
  },

  async up(plan, { shaping, onEvent, signal }) {
    const folder = labFolder(plan.name);
    if (isAlive(readRunState(folder.state))) {
      throw new UserError({
        message: `a lab named ${plan.name} is already running`,
        hint: `./lab down --name ${plan.name}, or another --name`,
      });
    }
    const chosen = await chooseShaping(shaping);
    signal?.throwIfAborted();
    lockFolder(plan.name);
    const stopWaiting = new AbortController();
    let init: ChildProcess | undefined;
    try {
      await this.down(plan.name); // what a killed lab left
      writePlan(plan, chosen, (node) => netnsPaths(folder.files, node));
      init = startInit(folder, plan.name, chosen);
      return await Promise.race([
        waitForStart(plan.name, onEvent, stopWaiting.signal),
        startFailed(plan.name, init, signal),
      ]);
    } catch (error) {
      stopWaiting.abort();
      // Before the state file: a lab that has not written it yet would outlive `down`.
      await killInit(init);
      await this.down(plan.name);
      throw error;
    } finally {
      init?.removeAllListeners('exit');
      rmSync(folder.lock, { force: true });
    }
  },

  async find(name) {
    const state = readRunState(labFolder(name).state);
    return state ? netnsLab(name, state) : undefined;
  },

  async list() {
    return labNames().filter((name) => readRunState(labFolder(name).state) !== undefined);
  },

  async down(name) {
    const folder = labFolder(name);
    const state = readRunState(folder.state);
    if (isAlive(state)) {
      process.kill(state.initPid, 'SIGKILL');
      while (isAlive(state)) await sleep(5);
    }
    for (const path of [folder.state, `${folder.state}.new`]) rmSync(path, { force: true });
    removeLabFiles(name);
    return state !== undefined;
  },
};

/** Rejects when the lab's first process ends or the user has had enough. */
function startFailed(name: string, init: ChildProcess, signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupted = () => reject(new UserError({ message: 'interrupted' }));
    init.once('error', (error) => reject(startFailure(name, `unshare: ${error.message}`)));
    init.once('exit', (code) => reject(startFailure(name, `it ended with exit code ${code}`)));
    signal?.addEventListener('abort', interrupted, { once: true });
    if (signal?.aborted) interrupted();
  });
}

/** unshare takes the lab's PID 1 with it (--kill-child), and that takes everything else. */
async function killInit(init: ChildProcess | undefined): Promise<void> {
  if (init?.pid === undefined || init.exitCode !== null || init.signalCode !== null) return;
  init.ref(); // startInit let go of it
  const gone = once(init, 'exit');
  init.kill('SIGKILL');
  await gone;
}

async function waitForStart(
  name: string,
  onEvent: ((event: LabEvent) => void) | undefined,
  signal: AbortSignal,
): Promise<RunningLab> {
  const folder = labFolder(name);
  const deadline = Date.now() + START_WITHIN_MS;
  let message = 'the supervisor did not answer';
  while (Date.now() < deadline && !signal.aborted) {
    const state = readRunState(folder.state);
    if (state && isAlive(state)) {
      try {
        for await (const event of followEvents(state.initPid, true, signal)) {
          onEvent?.(event);
          if (event.kind === 'started') return netnsLab(name, state);
          if (event.kind === 'failed-to-start') throw startFailure(name, event.message);
        }
      } catch (error) {
        if (error instanceof UserError) throw error;
        message = String(error);
      }
    }
    await sleep(10);
  }
  throw startFailure(name, message);
}

function startFailure(name: string, why: string): UserError {
  return new UserError({
    message: `lab ${name} did not start: ${why}`,
    hint: `read ${join(labFolder(name).logs, 'supervisor.log')}; ./lab doctor says what this machine offers`,
  });
}

function onPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
