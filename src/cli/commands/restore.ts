// `./lab restore TARGET`: the end of a failure.

import type { Command } from 'commander';
import { cliOf, openLab } from '../context.ts';
import { orRefusal } from '../lab-refusal.ts';
import { parseTarget } from '../targets.ts';

export function define(command: Command): void {
  command
    .argument('<target>', 'what ./lab fail took down')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ./lab restore pop-fra')
    .action(async (text: string, _options, self: Command) => {
      const cli = cliOf(self);
      const { lab, status } = await openLab(cli);
      const target = parseTarget(status, text);
      await orRefusal(lab.restore(target), './lab status shows what is failed');
      if (cli.output.json) cli.output.data({ target });
      else cli.output.print(`${text} is restored; sessions and health checks take a few seconds to notice`);
    });
}
