// `./lab link LINK`: shows a link, or changes it while the lab runs.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import type { Impairment } from '../../runtimes/lab-plan.ts';
import { cliOf, openLab } from '../context.ts';
import { parseMilliseconds, parsePercent, parseRate } from '../option-values.ts';
import { formatTable } from '../table.ts';
import { checkLink } from '../targets.ts';

interface LinkOptions {
  delay?: number;
  jitter?: number;
  loss?: number;
  rate?: number;
  down?: boolean;
  up?: boolean;
  direction?: string;
}

export function define(command: Command): void {
  command
    .argument('<link>', 'NODE--NODE, as ./lab status --links shows it')
    .option('--delay <time>', 'one-way delay, such as 40ms', parseMilliseconds)
    .option('--jitter <time>', 'standard deviation of the delay', parseMilliseconds)
    .option('--loss <percent>', 'share of frames lost', parsePercent)
    .option('--rate <rate>', 'such as 10mbit', parseRate)
    .option('--to <node>', 'only the direction towards this end; both by default')
    .option('--down', 'both ends down, which neighbours see at once')
    .option('--up', 'up again')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab link london--isp-london\n  ./lab link london--isp-london --delay 40ms --loss 2%\n  ./lab link t1-fra--pop-fra --down',
    )
    .action(async (name: string, options: LinkOptions & { to?: string }, self: Command) => {
      const cli = cliOf(self);
      const { lab, status } = await openLab(cli);
      const link = checkLink(status, name);
      if (options.up && options.down)
        throw new UserError({ message: '--up and --down contradict each other' }, 2);
      const ends = status.links.find((each) => each.name === link);
      if (options.to !== undefined && options.to !== ends?.a && options.to !== ends?.b) {
        throw new UserError(
          { message: `${options.to} is no end of ${link}`, expected: `${ends?.a} or ${ends?.b}` },
          2,
        );
      }
      const change = impairmentOf(options);
      const changed = Object.keys(change).length > 0;
      if (changed || options.up || options.down) {
        await lab.setLink(link, {
          ...(changed && options.to !== ends?.a ? { aToB: change } : {}),
          ...(changed && options.to !== ends?.b ? { bToA: change } : {}),
          ...(options.down ? { down: true } : options.up ? { down: false } : {}),
        });
      }
      const after = (await lab.status()).links.find((each) => each.name === link);
      if (!after) return;
      if (cli.output.json) {
        cli.output.data(after);
        return;
      }
      cli.output.print(`${link}: ${after.state}`);
      const rows = [
        { from: after.a, to: after.b, ...after.aToB },
        { from: after.b, to: after.a, ...after.bToA },
      ];
      cli.output.print(
        formatTable(
          [
            { title: 'FROM', cell: (row) => row.from },
            { title: 'TO', cell: (row) => row.to },
            { title: 'DELAY ms', align: 'right', cell: (row) => String(row.delayMs) },
            { title: 'JITTER ms', align: 'right', cell: (row) => String(row.jitterMs ?? 0) },
            { title: 'LOSS %', align: 'right', cell: (row) => String(row.lossPercent ?? 0) },
            {
              title: 'RATE Mbit/s',
              align: 'right',
              cell: (row) => (row.rateMbit ? String(row.rateMbit) : 'any'),
            },
          ],
          rows,
        ),
      );
    });
}

function impairmentOf({ delay, jitter, loss, rate }: LinkOptions): Partial<Impairment> {
  return {
    ...(delay === undefined ? {} : { delayMs: delay }),
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
    ...(loss === undefined ? {} : { lossPercent: loss }),
    ...(rate === undefined ? {} : { rateMbit: rate }),
  };
}
