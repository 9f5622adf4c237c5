// `./lab down`: ends a lab whatever state it is in. Taking down what is not there is no error, so that scripts can
// always call it.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { cliOf } from '../context.ts';

export function define(command: Command): void {
  command
    .option('--all', 'every lab of this checkout')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  ./lab down\n  ./lab down --name experiment\n  ./lab down --all')
    .action(async (options: { all?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const { listLabs, takeDown } = await import('../../deployment/labs.ts');
      const labs = await listLabs();
      const chosen = options.all ? labs : chooseLabs(labs, cli.labName);
      const removed: string[] = [];
      for (const name of chosen) if (await takeDown(name)) removed.push(name);
      if (cli.output.json) cli.output.data({ removed });
      else if (removed.length === 0) cli.output.print('no lab is running');
      else for (const name of removed) cli.output.print(`lab ${name} is down, nothing of it is left`);
    });
}

/** A name that is not listed is still tried: a lab killed while it started may have left something. */
function chooseLabs(labs: string[], name: string | undefined): string[] {
  if (name !== undefined) {
    const near = labs.includes(name) ? [] : nearestNames(name, labs);
    if (near.length > 0) {
      throw new UserError(
        {
          message: `no lab is named ${name}`,
          expected: near.join(', '),
          hint: `./lab down --name ${near[0]}`,
        },
        2,
      );
    }
    return [name];
  }
  if (labs.length > 1) {
    throw new UserError(
      {
        message: `several labs are running: ${labs.join(', ')}`,
        hint: `./lab down --name ${labs[0]}, or ./lab down --all`,
      },
      2,
    );
  }
  return labs;
}
