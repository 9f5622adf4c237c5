// What every command starts from: where to print, which lab was named, and the lab itself once it is needed.

import type { Command } from 'commander';
import { UserError } from '../base/errors.ts';
import type { FoundLab } from '../deployment/labs.ts';
import type { LabStatus } from '../runtimes/runtime.ts';
import { interruption } from './interruption.ts';
import { createOutput, type Output } from './output.ts';

export interface Cli {
  output: Output;
  /** As asked with --name. */
  labName?: string;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
}

export interface OpenLab extends FoundLab {
  status: LabStatus;
}

/** The context of an action, from the command's own options and the global ones before it. */
export function cliOf(command: Command): Cli {
  const { name, json, quiet } = command.optsWithGlobals<{ name?: string; json?: boolean; quiet?: boolean }>();
  return { output: createOutput({ json, quiet }), labName: name, signal: interruption.signal };
}

/** The lab that was named, or the only one, with its status; a UserError unless it runs. */
export async function openLab(cli: Cli): Promise<OpenLab> {
  const { findLab } = await import('../deployment/labs.ts');
  const found = await findLab(cli.labName);
  const status = await found.lab.status();
  if (status.state === 'dead') {
    throw new UserError({
      message: `lab ${found.lab.name} does not run any more: ${status.reason ?? 'it was killed'}`,
      hint: `./lab down --name ${found.lab.name}, then ./lab up`,
    });
  }
  return { ...found, status };
}
