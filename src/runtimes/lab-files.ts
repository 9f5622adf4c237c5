// What `up` writes before a lab starts, on any runtime: the lock that keeps two of them apart, and the plan's files. A disk that is full or
// a folder that cannot be written to is a sentence that says what to do.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { isLabName, labFolder, labsFolder } from './lab-folder.ts';
import type { LabPlan, Shaping } from './lab-plan.ts';
import { expandPlaceholders, type RuntimePaths } from './placeholders.ts';
import { isAlive, readRunState, takeLock } from './run-state.ts';

/** Two `up` of one name at the same moment: the second is refused. */
export function lockFolder(name: string): void {
  const folder = labFolder(name);
  let taken: boolean;
  try {
    makeFolder(folder.root);
    taken = takeLock(folder.lock);
  } catch (error) {
    throw cannotWrite(error, folder.root);
  }
  if (!taken) {
    throw new UserError({
      message: `another ./lab up is starting a lab named ${name} just now`,
      hint: 'wait for it, or use another --name',
    });
  }
}

/** The plan's files, with a runtime's paths in them. */
export function writePlan(
  plan: LabPlan,
  shaping: Exclude<Shaping, 'auto'>,
  pathsOf: (node: string) => RuntimePaths,
): void {
  const folder = labFolder(plan.name);
  try {
    rmSync(folder.logs, { recursive: true, force: true });
    mkdirSync(folder.logs, { recursive: true });
    for (const file of plan.files) {
      const path = join(folder.files, file.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        typeof file.content === 'string' && file.node
          ? expandPlaceholders(file.content, pathsOf(file.node))
          : file.content,
      );
    }
    writeFileSync(folder.plan, JSON.stringify({ ...plan, files: [], shaping }));
  } catch (error) {
    throw cannotWrite(error, folder.root);
  }
}

/** What `writePlan` wrote of the plan itself; undefined when there is none. */
export function readPlan(name: string): (LabPlan & { shaping: Exclude<Shaping, 'auto'> }) | undefined {
  const file = labFolder(name).plan;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** All that `writePlan` and `up` have left, but for the logs and reports, which outlive a lab. */
export function removeLabFiles(name: string): void {
  const { plan, fingerprint, files, events, lock } = labFolder(name);
  for (const path of [plan, fingerprint, files, events]) rmSync(path, { recursive: true, force: true });
  if (!isAlive(readRunState(lock))) rmSync(lock, { force: true });
}

/** Folders in the place of labs that are named as a lab may be. */
export function labNames(): string[] {
  try {
    return readdirSync(labsFolder(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isLabName(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function cannotWrite(error: unknown, folder: string): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const hint = full
    ? `free space under ${folder}, or set CATCHMENT_LAB_DIR to a folder on another disk`
    : 'set CATCHMENT_LAB_DIR to a folder that you can write to';
  const why = full ? 'the disk is full' : message;
  return new UserError({ message: `cannot write the lab's files: ${why}`, hint }, 1, { cause: error });
}

/** mkdir -p that says why it cannot (Node's own says ENOENT on a read-only disk and never ends under /proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another `up` was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
