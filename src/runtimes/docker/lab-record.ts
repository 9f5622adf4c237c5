// What the docker runtime remembers of a lab, in its folder: how it was built, and what was failed or changed since. There is no
// supervisor: each command reads it, does one thing, and writes it. Written before anything is made and removed last, so
// that `down` finds whatever a killed `up` has left.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';
import type { FailuresSnapshot } from '../failures.ts';
import { labFolder } from '../lab-folder.ts';
import type { Shaping } from '../lab-plan.ts';
import type { LinkTableSnapshot } from '../link-table.ts';
import { takeLock } from '../run-state.ts';

export interface LabRecord {
  shaping: Exclude<Shaping, 'auto'>;
  /** ISO 8601. */
  startedAt: string;
  /** `starting` until every container is; a lab left in it was killed while it started. */
  state: 'starting' | 'started';
  /** Path of the engine's UNIX socket. */
  engine: string;
  links?: LinkTableSnapshot;
  failures?: FailuresSnapshot;
}

const LOCK_WITHIN_MS = 30_000;

function recordFile(name: string): string {
  return join(labFolder(name).root, 'docker.json');
}

export function readRecord(name: string): LabRecord | undefined {
  const file = recordFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LabRecord) : undefined;
}

export function writeRecord(name: string, record: LabRecord): void {
  const file = recordFile(name);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

export function removeRecord(name: string): void {
  const file = recordFile(name);
  for (const path of [`${file}.new`, file]) rmSync(path, { force: true });
}

/** One change at a time: what `change` does to the record is kept, also when it throws. */
export async function changeRecord(
  name: string,
  change: (record: LabRecord) => Promise<void>,
): Promise<void> {
  const lock = join(labFolder(name).root, 'change.lock');
  const deadline = Date.now() + LOCK_WITHIN_MS;
  while (!takeLock(lock)) {
    if (Date.now() > deadline) {
      throw new UserError({
        message: `another command has been changing lab ${name} for ${LOCK_WITHIN_MS / 1000} s`,
        hint: 'wait for it, then try again',
      });
    }
    await sleep(20);
  }
  try {
    const record = readRecord(name);
    if (!record) throw new UserError({ message: `lab ${name} is gone`, hint: './lab up' });
    try {
      await change(record);
    } finally {
      writeRecord(name, record);
    }
  } finally {
    rmSync(lock, { force: true });
  }
}
