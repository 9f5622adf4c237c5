// `./lab down`: ends a lab whatever state it is in. Taking down what is not there is no error, so that scripts can
// always call it.

import type { Command } from 'commander';
import { type Problem, UserError } from '../../base/errors.ts';
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
      const problems: Problem[] = [];
      for (const name of chosen) {
        try {
          if (await takeDown(name)) removed.push(name);
        } catch (error) {
          // One that cannot be removed does not keep the others.
          if (!(error instanceof UserError) || chosen.length === 1) throw error;
          problems.push(...error.problems);
        }
      }
      if (removed.length === 0 && !options.all) refuseMistypedName(labs, cli.labName);
      if (cli.output.json) cli.output.data({ removed });
      else if (removed.length === 0 && problems.length === 0) cli.output.print('no lab is running');
      else for (const name of removed) cli.output.print(`lab ${name} is down, nothing of it is left`);
      if (problems.length > 0) throw new UserError(problems);
    });
}

/** A name that is not listed is still tried: a lab killed while it started, or whose folder was deleted, may have left something. */
function chooseLabs(labs: string[], name: string | undefined): string[] {
  if (name !== undefined) return [name];
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

/** Nothing was there under a name that resembles one that is. */
function refuseMistypedName(labs: string[], name: string | undefined): void {
  const near = name === undefined || labs.includes(name) ? [] : nearestNames(name, labs);
  if (near.length === 0) return;
  throw new UserError(
    {
      message: `no lab is named ${name}`,
      expected: near.join(', '),
      hint: `./lab down --name ${near[0]}`,
    },
    2,
  );
}
