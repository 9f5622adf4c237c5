// A POP is drained while a file is there: `{run}/drained`. Its agent then withdraws, its edge says so and serves on.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `runFolder` is the POP's volatile folder as this process sees it. */
export function setDrained(runFolder: string, drained: boolean): void {
  const file = join(runFolder, 'drained');
  if (!drained) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(runFolder, { recursive: true });
  writeFileSync(file, 'drained by ./lab fail\n');
}
