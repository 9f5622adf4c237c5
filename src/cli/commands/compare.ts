// `./lab compare`: DNS steering beside anycast, from every client location, with a report.

import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { CampaignSizeName } from '../../measurement/campaign.ts';
import { cliOf, openLab } from '../context.ts';
import { parseInteger } from '../option-values.ts';
import { createProgress } from '../progress.ts';

interface Options {
  family: '4' | '6';
  size: CampaignSizeName;
  samples?: number;
  clients?: string;
  out?: string;
  html?: string;
}

export function define(command: Command): void {
  command
    .addOption(new Option('--family <4|6>', 'IP version').choices(['4', '6']).default('4'))
    .addOption(
      new Option('--size <name>', 'how many requests')
        .choices(['quick', 'default', 'thorough'])
        .default('default'),
    )
    .option(
      '--samples <count>',
      'warm requests for each client and strategy, instead of the size',
      parseInteger,
    )
    .option('--clients <names>', 'only these client locations, comma-separated')
    .option('--out <folder>', 'where the report goes (report.html, comparison.json and .csv, samples.jsonl)')
    .option('--html <file>', 'also copy the HTML page there')
    .option('--json', 'as JSON: one object with clients, strategies, fidelity and verdict')
    .addHelpText(
      'after',
      `
Strategies: DNS by distance, DNS by measured latency, anycast, and the best POP as measured (oracle).

Examples:
  ./lab compare
  ./lab compare --family 6 --clients london,tokyo
  ./lab compare --json | jq '.clients[] | {name, anycast: .strategies.anycast.inflationMs}'`,
    )
    .action(async (options: Options, self: Command) => {
      const cli = cliOf(self);
      const { lab, topology } = await openLab(cli);
      const clients =
        options.clients === undefined ? undefined : clientNames(options.clients, topology.clients);
      const progress = createProgress(cli.output);
      try {
        const { runComparison } = await import('../comparison-run.ts');
        const { comparison, printed, page } = await runComparison(cli, lab, topology, {
          family: options.family === '6' ? 6 : 4,
          size: options.size,
          samples: options.samples,
          clients,
          progress,
          out: options.out === undefined ? undefined : resolve(options.out),
        });
        progress.stop();
        if (options.html) copyFileSync(page, resolve(options.html));
        if (cli.output.json) cli.output.data(comparison);
        else cli.output.print(`${printed}\n\nReport: ${options.html ? resolve(options.html) : page}`);
      } finally {
        progress.stop();
      }
    });
}

function clientNames(text: string, clients: { name: string }[]): string[] {
  const names = clients.map((client) => client.name);
  const asked = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const problems = asked
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearestNames(name, names);
      return {
        message: `there is no client location "${name}"`,
        expected: (near.length > 0 ? near : names).join(', '),
      };
    });
  if (problems.length > 0) throw new UserError(problems, 2);
  return asked;
}
