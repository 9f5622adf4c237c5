// `./lab version`

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { cliOf } from '../context.ts';

export function define(command: Command): void {
  command
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ./lab version --json')
    .action((_options, self: Command) => {
      const { output } = cliOf(self);
      const manifest = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8'));
      const { name, version } = manifest as { name: string; version: string };
      if (output.json) output.data({ name, version, node: process.versions.node });
      else output.print(`${name} ${version} (Node ${process.versions.node})`);
    });
}
