// How every service of the project is told its configuration: `--config FILE`.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UserError } from '../errors.ts';

/** `usage` is the command as it should be typed. */
export function configFileArgument(args: string[], usage: string): string {
  try {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    if (values.config) return values.config;
  } catch (error) {
    throw new UserError({ message: (error as Error).message, hint: usage }, 2);
  }
  throw new UserError({ message: '--config is missing', hint: usage }, 2);
}

export function readConfigFile(args: string[], usage: string): { file: string; text: string } {
  const file = configFileArgument(args, usage);
  try {
    return { file, text: readFileSync(file, 'utf8') };
  } catch (cause) {
    throw new UserError({ message: `cannot read the configuration: ${(cause as Error).message}`, file }, 1, {
      cause,
    });
  }
}

/** Runs a service's main function; a user's mistake ends it in plain words. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof UserError ? error.message : error);
    process.exit(error instanceof UserError ? error.exitCode : 1);
  });
}
