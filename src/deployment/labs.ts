// Finding labs by name, whatever runtime they run on.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import { dockerRuntime } from '../runtimes/docker/docker-runtime.ts';
import { labFolder } from '../runtimes/lab-folder.ts';
import { netnsRuntime } from '../runtimes/netns/netns-runtime.ts';
import { isAlive, readRunState } from '../runtimes/run-state.ts';
import type { RunningLab, Runtime } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';

export const RUNTIMES: Runtime[] = [netnsRuntime, dockerRuntime];

/** Removing a large lab on Docker takes a quarter of that. */
const UP_ENDS_WITHIN_MS = 120_000;

export interface FoundLab {
  lab: RunningLab;
  topology: ResolvedTopology;
  /** .lab/NAME/. */
  folder: string;
}

/** Names of all labs that left a trace here, running or dead. */
export async function listLabs(): Promise<string[]> {
  return (await Promise.all(RUNTIMES.map((runtime) => runtime.list()))).flat().sort();
}

/** The lab of that name, or the only one there is. */
export async function findLab(name?: string): Promise<FoundLab> {
  const names = await listLabs();
  if (names.length === 0) throw new UserError({ message: 'no lab is running', hint: './lab up' });
  if (!name && names.length > 1) {
    throw new UserError(
      { message: `several labs are running: ${names.join(', ')}`, hint: `say which: --name ${names[0]}` },
      2,
    );
  }
  const chosen = name ?? names[0] ?? '';
  for (const runtime of RUNTIMES) {
    const lab = names.includes(chosen) ? await runtime.find(chosen) : undefined;
    if (lab) return { lab, topology: readTopology(chosen), folder: labFolder(chosen).root };
  }
  const near = nearestNames(chosen, names);
  throw new UserError(
    {
      message: `no lab is named ${chosen}`,
      expected: names.join(', '),
      hint: `--name ${near[0] ?? names[0]}`,
    },
    2,
  );
}

/** Removes every trace of a lab, ending the `up` that is at work on it; true when there was something. */
export async function takeDown(name: string): Promise<boolean> {
  let found = await endUp(name);
  // netns last: it removes the lab's files without having run it, and where an engine does not answer nothing may be lost.
  for (const runtime of RUNTIMES.toReversed()) found = (await runtime.down(name)) || found;
  return found;
}

/** Interrupts the `up` that holds the lab's lock, as Ctrl-C would, and waits until it has cleaned up after itself. */
async function endUp(name: string): Promise<boolean> {
  const { lock } = labFolder(name);
  const holder = readRunState(lock);
  if (!isAlive(holder) || holder.initPid === process.pid) return false;
  process.kill(holder.initPid, 'SIGTERM');
  const deadline = Date.now() + UP_ENDS_WITHIN_MS;
  while (isAlive(holder) && existsSync(lock)) {
    if (Date.now() > deadline) process.kill(holder.initPid, 'SIGKILL');
    await sleep(20);
  }
  return true;
}

function readTopology(name: string): ResolvedTopology {
  const file = labFolder(name).topology;
  if (!existsSync(file)) {
    throw new UserError({
      message: `lab ${name} lost its topology file`,
      hint: `./lab down --name ${name}, then ./lab up`,
    });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as ResolvedTopology;
}
