// What `up` writes before a lab starts: the lock that keeps two of them apart, and the plan's files. A disk that is full or
// a folder that cannot be written to is a sentence that says what to do.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { labFolder } from '../lab-folder.ts';
import type { LabPlan, Shaping } from '../lab-plan.ts';
import { expandPlaceholders } from '../placeholders.ts';
import { nodeRunFolder } from './paths.ts';
import { takeLock } from './run-state.ts';

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

/** The plan's files, with this runtime's paths in them. */
export function writePlan(plan: LabPlan, shaping: Exclude<Shaping, 'auto'>): void {
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
          ? expandPlaceholders(file.content, { lab: folder.files, run: nodeRunFolder(file.node) })
          : file.content,
      );
    }
    writeFileSync(folder.plan, JSON.stringify({ ...plan, files: [], shaping }));
  } catch (error) {
    throw cannotWrite(error, folder.root);
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
