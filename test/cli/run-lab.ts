// Runs the command line as a user does: a process, its output and its exit code. Without a folder of its own there is
// no lab in sight, whatever runs on this machine.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const PROJECT = join(import.meta.dirname, '../..');
const MAIN = join(PROJECT, 'src/cli/main.ts');

const emptyFolder = mkdtempSync(join(tmpdir(), 'catchment-cli-'));
afterAll(() => rmSync(emptyFolder, { recursive: true, force: true }));

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export function runLab(args: string[], env: NodeJS.ProcessEnv = {}): Ran {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    encoding: 'utf8',
    env: { ...inherited, CATCHMENT_LAB_DIR: emptyFolder, ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}
