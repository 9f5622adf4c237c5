// `./lab logs NODE[/SERVICE]`: what the services of a node wrote.

import type { Command } from 'commander';
import { cliOf } from '../context.ts';
import { parseInteger } from '../option-values.ts';
import { checkService } from '../targets.ts';

export function define(command: Command): void {
  command
    .argument('<target>', 'NODE or NODE/SERVICE')
    .option('-f, --follow', 'go on with what is written from now')
    .option('-n, --lines <count>', 'only the last lines of each service', parseInteger)
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab logs pop-fra\n  ./lab logs pop-fra/dns -f\n  ./lab logs t1-fra/bird -n 20',
    )
    .action(async (target: string, options: { follow?: boolean; lines?: number }, self: Command) => {
      const cli = cliOf(self);
      const { findLab } = await import('../../deployment/labs.ts');
      const { lab } = await findLab(cli.labName);
      const { node, service } = checkService(await lab.status(), target);
      let wrote = false;
      const { follow = false, lines } = options;
      for await (const each of lab.logs(node, service, {
        follow,
        ...(lines !== undefined && { lines }),
        signal: cli.signal,
      })) {
        wrote = true;
        cli.output.print(service === undefined ? `${each.service}: ${each.line}` : each.line);
      }
      if (!wrote && !follow) cli.output.note(`${target} has written no log yet`);
    });
}
