// `./lab doctor`: what this machine offers, and for each missing thing what it costs and what to type.

import type { Command } from 'commander';
import { cliOf } from '../context.ts';
import { formatTable } from '../table.ts';

export function define(command: Command): void {
  command
    .option('--json', 'as JSON: {ready, checks: [{name, state, found, means, hint}]}')
    .addHelpText('after', '\nThe exit code is 1 when ./lab up cannot work here.\n\nExample:\n  ./lab doctor')
    .action(async (_options, self: Command) => {
      const { output } = cliOf(self);
      const { examine } = await import('../doctor/examine.ts');
      const checks = await examine();
      const ready = checks.every((check) => check.state !== 'missing');
      if (!ready) process.exitCode = 1;
      if (output.json) {
        output.data({ ready, checks });
        return;
      }
      const marks = {
        ok: output.style('green', 'ok'),
        limited: output.style('yellow', 'limited'),
        missing: output.style('red', 'missing'),
      };
      output.print(
        formatTable(
          [
            { title: 'WHAT', cell: (check) => check.name },
            { title: 'STATE', cell: (check) => marks[check.state] },
            { title: 'FOUND', cell: (check) => check.found },
          ],
          checks,
        ),
      );
      for (const check of checks.filter((each) => each.state !== 'ok')) {
        output.print(`\n${check.name}: ${check.means}`);
        if (check.hint) output.print(`  hint: ${check.hint}`);
      }
      output.print(ready ? '\n./lab up can run here.' : '\n./lab up cannot run here yet.');
    });
}
