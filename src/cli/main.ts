// The command line `./lab`: one process per command, quick to start (everything is imported by the command that
// needs it). Ends with 0 done, 1 failed, 2 wrong usage.

import { reportError } from './errors.ts';
import { interruption } from './interruption.ts';
import { runProgram } from './program.ts';

// A reader that has seen enough (`./lab status | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await runProgram(process.argv.slice(2));
} catch (error) {
  if (interruption.signal.aborted) process.stderr.write('interrupted\n');
  process.exitCode = interruption.signal.aborted ? 130 : reportError(error);
}
// Pipes are written asynchronously: what was printed goes out before the process ends, open handles or not.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
