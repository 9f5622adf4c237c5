// `./lab fail TARGET`: takes something down, in the way that matters for what is measured afterwards.

import { type Command, Option } from 'commander';
import type { FailMode } from '../../runtimes/runtime.ts';
import { cliOf, openLab } from '../context.ts';
import { orRefusal } from '../lab-refusal.ts';
import { parseTarget } from '../targets.ts';

const MEANING: Record<FailMode, string> = {
  silent: 'it still looks up, but no packet passes: only timers, BFD and health checks find out',
  clean: 'links down or the process stopped: neighbours see it at once',
  drain: 'its anycast routes are withdrawn first; it serves on',
};

export function define(command: Command): void {
  command
    .argument('<target>', 'a node (pop-fra), a service (pop-fra/edge) or a link (t1-fra--pop-fra)')
    .addOption(
      new Option('--how <mode>', 'how it fails').choices(['drain', 'clean', 'silent']).default('silent'),
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
${Object.entries(MEANING)
  .map(([mode, meaning]) => `  ${mode.padEnd(7)} ${meaning}`)
  .join('\n')}
Clean failures flatter anycast: real ones are seldom clean. A failed target stays down until ./lab restore.

Examples:
  ./lab fail pop-fra
  ./lab fail pop-fra --how drain
  ./lab fail pop-fra/edge --how clean`,
    )
    .action(async (text: string, options: { how: FailMode }, self: Command) => {
      const cli = cliOf(self);
      const { lab, status } = await openLab(cli);
      const target = parseTarget(status, text);
      await orRefusal(lab.fail(target, options.how), './lab fail --help tells what can fail and how');
      if (cli.output.json) cli.output.data({ target, how: options.how });
      else cli.output.print(`${text} has failed (${options.how}): ${MEANING[options.how]}`);
      cli.output.note(`next: ./lab compare, ./lab events, ./lab restore ${text}`);
    });
}
