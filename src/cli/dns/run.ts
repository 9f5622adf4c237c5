// `./lab dns --config FILE`: the server in the foreground, in this process.

import { programPath } from '../../runtimes/programs.ts';

/** Ends with the server: its own signal handlers end the process. */
export async function runServer(config: string): Promise<void> {
  const { main } = await import('../../dns/main.ts');
  // The command line takes signals for an interruption, and a second SIGHUP for impatience; the server reloads by it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
  process.exitCode = 0;
  // Its threads are started from the server's own program, not from this one.
  await main(['--config', config], programPath('dns'));
  // main() has told what is wrong when it could not start.
  if (process.exitCode === 0) await new Promise(() => {});
}
