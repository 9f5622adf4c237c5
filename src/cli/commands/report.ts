// `./lab report`: where the newest report of a lab is; made again from its samples when asked. Reports outlive the lab.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { labFolder, labsFolder } from '../../runtimes/lab-folder.ts';
import { cliOf } from '../context.ts';

interface Found {
  folder: string;
  page: string;
  at: number;
}

export function define(command: Command): void {
  command
    .argument('[folder]', 'a folder of a report; by default the newest of the lab, or of all labs')
    .option('--rebuild', 'make the page again from the samples')
    .option('--table', 'print its table and verdict')
    .option('--json', 'as JSON: {folder, page}')
    .addHelpText('after', '\nExamples:\n  xdg-open "$(./lab report)"\n  ./lab report --rebuild --table')
    .action(
      async (folder: string | undefined, options: { rebuild?: boolean; table?: boolean }, self: Command) => {
        const cli = cliOf(self);
        const chosen = folder === undefined ? newest(cli.labName) : at(resolve(folder));
        if (!chosen) {
          throw new UserError({
            message: 'there is no report yet',
            hint: './lab compare, or ./lab scenario run fail-pop, makes one',
          });
        }
        if (options.rebuild || options.table) {
          const { readReport, writeReport } = await import('../../report/io/write-report.ts');
          const model = await readReport(chosen.folder);
          if (options.rebuild) await writeReport(chosen.folder, model);
          if (options.table && model.comparison && !cli.output.json) {
            const { printedComparison } = await import('../comparison-run.ts');
            cli.output.print(`${printedComparison(model.comparison)}\n`);
          }
        }
        if (cli.output.json) cli.output.data({ folder: chosen.folder, page: chosen.page });
        else cli.output.print(chosen.page);
      },
    );
}

function newest(labName: string | undefined): Found | undefined {
  const labs = labName === undefined ? entries(labsFolder()) : [labName];
  return labs
    .flatMap((lab) => entries(labFolder(lab).reports).map((name) => at(join(labFolder(lab).reports, name))))
    .filter((found): found is Found => found !== undefined)
    .sort((a, b) => b.at - a.at)[0];
}

function at(folder: string): Found | undefined {
  const page = join(folder, 'report.html');
  return existsSync(page) ? { folder, page, at: statSync(page).mtimeMs } : undefined;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
}
