// How a command ends badly: a user's error as it was written, with its hints; ours with a stack and where to look.
// Exit codes: 0 done, 1 failed, 2 wrong usage.

import { styleText } from 'node:util';
import { formatProblem, UserError } from '../base/errors.ts';

/** Prints the error on stderr and returns the exit code. */
export function reportError(error: unknown): 1 | 2 {
  const red = (text: string) => styleText('red', text, { stream: process.stderr });
  if (error instanceof UserError) {
    for (const problem of error.problems)
      process.stderr.write(`${red('error:')} ${formatProblem(problem)}\n`);
    return error.exitCode;
  }
  const known = systemErrorHint(error);
  if (known) {
    process.stderr.write(`${red('error:')} ${formatProblem(known)}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${red('error:')} unexpected, a mistake of the lab and not yours: ${text}\n`);
  process.stderr.write('  hint:     ./lab doctor says what this machine offers; ./lab down cleans up\n');
  return 1;
}

/** Errors of the system that need no stack: the user can do something about them. */
function systemErrorHint(error: unknown): { message: string; hint: string } | undefined {
  const { code, path, message } = (error ?? {}) as NodeJS.ErrnoException;
  const subject = path ?? message;
  switch (code) {
    case 'ENOSPC':
      return {
        message: `the disk is full: ${subject}`,
        hint: 'free some space under .lab/, then the same command again',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        message: `no permission: ${subject}`,
        hint: 'was the lab started by another user? Use the same one (sudo ./lab ...)',
      };
    case 'EROFS':
      return {
        message: `the file system is read-only: ${subject}`,
        hint: 'set CATCHMENT_LAB_DIR to a writable folder',
      };
    default:
      return undefined;
  }
}
