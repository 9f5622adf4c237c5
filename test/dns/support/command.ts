// Programs that are not ours: resolvers, checkers, dig. Run with the system's sbin on the PATH, which an ordinary user
// does not have, and with a time limit.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SEARCHED = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

export interface CommandEnd {
  code: number;
  out: string;
  err: string;
}

/** A test that needs a program says so in its title and is skipped where the program is not installed. */
export function installed(program: string): boolean {
  return SEARCHED.split(':').some((folder) => existsSync(join(folder, program)));
}

export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: SEARCHED };
}

/** Any exit code is fine; throws when the program cannot be started. 124 is a time-out. */
export function run(
  program: string,
  args: string[],
  options: { timeoutMs?: number; cwd?: string } = {},
): Promise<CommandEnd> {
  const { timeoutMs = 20_000, cwd } = options;
  return new Promise((resolve, reject) => {
    const settings = { env: environment(), timeout: timeoutMs, maxBuffer: 64 << 20, ...(cwd && { cwd }) };
    execFile(program, args, settings, (error, out, err) => {
      const { code, killed } = (error ?? {}) as { code?: number | string; killed?: boolean };
      if (typeof code === 'string') reject(error);
      else resolve({ code: killed ? 124 : (code ?? 0), out, err });
    });
  });
}
