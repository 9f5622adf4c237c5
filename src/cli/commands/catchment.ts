// `./lab catchment`: which POP anycast takes each client of a lab to, as predicted from the topology and as measured, and
// why it is not the best one where it is not. With --config, no lab: who a DNS policy sends where, by a GeoIP file.

import { type Command, Option } from 'commander';
import { UserError } from '../../base/errors.ts';
import { cliOf } from '../context.ts';
import { parsePercent } from '../option-values.ts';

interface Options {
  family: '4' | '6';
  predicted?: boolean;
  config?: string;
  down?: string;
  users?: string;
  html?: string;
}

export function define(command: Command): void {
  command
    .addOption(familyOption())
    .option('--predicted', 'a lab: do not measure')
    .option('-c, --config <file>', 'no lab: the DNS policy of a GeoDNS configuration, over its GeoIP file')
    .option('--down <pops>', 'with --config: POPs to take for down, separated by commas')
    .option('--users <file>', 'with --config: weigh by Internet users; a CSV file of country,users')
    .option('--html <file>', 'with --config: also write a page with a map')
    .option(
      '--json',
      'as JSON: [{client, predicted, measured, agrees, asPath, rttMs, best, explanation}]; with --config {pops, countries, ...}',
    )
    .addHelpText(
      'after',
      `
Of a lab: which POP anycast takes each client to, as predicted and as measured; the exit code is 1 when they differ.
With --config: who a policy sends where, by every prefix of the GeoIP file; --name NAME says which steered name.

Examples:
  ./lab catchment
  ./lab catchment --predicted --json
  ./lab catchment --config dns.yaml --name www.cdn.test --down pop-fra
  ./lab catchment diff dns.yaml new.yaml --max-moved 5`,
    )
    .action(async (options: Options, self: Command) => {
      const cli = cliOf(self);
      const { config } = options;
      if (config !== undefined) {
        const { runSummary } = await import('../catchment/run-summary.ts');
        return runSummary(cli, cli.labName, { ...options, config });
      }
      const stray = (['down', 'users', 'html'] as const).find((each) => options[each] !== undefined);
      if (stray) throw new UserError({ message: `--${stray} is for a configuration: add --config FILE` }, 2);
      const { runLabCatchment } = await import('../catchment/lab.ts');
      await runLabCatchment(cli, options);
    });
  defineDiff(command.command('diff'));
}

function defineDiff(command: Command): void {
  command
    .summary('what a change of a GeoDNS configuration moves, before it is deployed')
    .argument('<old>', 'the configuration as it is')
    .argument('[new]', 'as it shall be; by default the same, for a change of health or GeoIP file')
    .addOption(familyOption())
    .option('--down <pops>', 'POPs to take for down afterwards')
    .option('--down-before <pops>', 'POPs to take for down before')
    .option('--geoip <file>', 'the GeoIP file to use afterwards')
    .option('--users <file>', 'weigh by Internet users; a CSV file of country,users')
    .option('--max-moved <percent>', 'exit code 1 when more go to another POP', parsePercent)
    .option('--json', 'as JSON: {movedPercent, accepted, names: [{name, moved, pops, moves, losers}]}')
    .addHelpText(
      'after',
      `
All steered names, one of each policy; --name NAME for one of them.

Examples:
  ./lab catchment diff dns.yaml new.yaml --name www.cdn.test
  ./lab catchment diff dns.yaml --down pop-fra
  ./lab catchment diff dns.yaml --geoip GeoLite2-City-new.mmdb --max-moved 2`,
    )
    .action(async (old: string, fresh: string | undefined, _options: unknown, self: Command) => {
      const cli = cliOf(self);
      const { runDiff } = await import('../catchment/run-diff.ts');
      const accepted = await runDiff(cli, [old, fresh ?? old], cli.labName, self.optsWithGlobals());
      if (!accepted) process.exitCode = 1;
    });
}

function familyOption(): Option {
  return new Option('--family <4|6>', 'IP version').choices(['4', '6']).default('4');
}
