// `./lab test`: every check and every test, loudly, and at the end one line with the counts. The launcher has
// installed what is missing before this runs.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { cliOf } from '../context.ts';
import { addCounts, countsLine, NO_COUNTS, runCheck, runVitest } from '../test-run.ts';

export function define(command: Command): void {
  command
    .argument(
      '[filter...]',
      'only test files whose path contains one of these; no format and type checks then',
    )
    .addOption(new Option('--project <name>', 'only one kind of tests').choices(['unit', 'server', 'lab']))
    .option(
      '--install',
      'as root: install a Docker engine too, where none answers (with CI=true it is done unasked)',
    )
    .addHelpText('after', '\nExamples:\n  ./lab test\n  ./lab test --project unit\n  ./lab test test/dns')
    .action(async (filters: string[], options: { project?: string }, self: Command) => {
      const cli = cliOf(self);
      const results = join(PROJECT_FOLDER, '.lab', '.launcher', 'vitest.json');
      mkdirSync(join(results, '..'), { recursive: true });
      rmSync(results, { force: true });
      let counts = NO_COUNTS;
      if (filters.length === 0) {
        counts = addCounts(counts, await runCheck('format and lint', 'biome', ['check', '.']));
        counts = addCounts(counts, await runCheck('types', 'tsc', ['--noEmit']));
      }
      counts = addCounts(
        counts,
        await runVitest(results, [...(options.project ? ['--project', options.project] : []), ...filters]),
      );
      rmSync(results, { force: true });
      process.exitCode = counts.failed > 0 || cli.signal.aborted ? 1 : 0;
      process.stdout.write(`\n${countsLine(counts)}\n`);
    });
}
