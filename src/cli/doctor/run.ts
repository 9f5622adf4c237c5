// A command's exit code and output, for checks: never throws, never waits long.

import { execFile } from 'node:child_process';

const TIMEOUT_MS = 5000;

export interface Outcome {
  ok: boolean;
  /** Standard output, or standard error when there is none. */
  text: string;
}

export function run(command: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ ok: error === null, text: (stdout.trim() || stderr.trim() || error?.message) ?? '' });
    });
  });
}
