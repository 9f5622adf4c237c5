// The README is a promise: every command and option that a README shows is one that exists, and every file it names.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { SCENARIOS } from '../../src/scenarios/scenario-list.ts';

const texts = globSync('{*.md,{src,netem,geoip,bird,docs}/**/*.md}', { cwd: PROJECT_FOLDER });
/** Of any command, before or after its name. */
const GLOBAL_OPTIONS = ['--name', '--quiet', '--yes', '--help', '--json'];

describe.each(texts)('%s', (text) => {
  const content = readFileSync(join(PROJECT_FOLDER, text), 'utf8');

  it('shows only commands and options that exist', async () => {
    for (const [, name = '', rest = ''] of content.matchAll(/\.\/lab ([a-z]+)([^\n`|#;&)]*)/g)) {
      if (name === 'help') continue; // commander's own
      const entry = COMMANDS.find((command) => command.name === name);
      expect(entry, `./lab ${name}`).toBeDefined();
      const words = (rest.split(' -- ')[0] ?? '').split(/\s+/);
      const options = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.split('=')[0]);
      const known = [...GLOBAL_OPTIONS, ...(await optionsOf(entry))];
      for (const option of options) expect(known, `./lab ${name}${rest}`).toContain(option);
    }
  });

  it('links only to files that exist', () => {
    for (const [, target = ''] of content.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(PROJECT_FOLDER, dirname(text), target)), target).toBe(true);
    }
  });
});

/** Long options of a command and of its subcommands. */
async function optionsOf(entry: (typeof COMMANDS)[number] | undefined): Promise<string[]> {
  const command = new Command(entry?.name ?? '');
  (await entry?.load())?.define(command);
  const own = [command, ...command.commands].flatMap((each) =>
    each.options.map((option) => option.long ?? ''),
  );
  const scenarios = SCENARIOS.flatMap((scenario) => scenario.options.map(({ name }) => `--${name}`));
  return entry?.name === 'scenario' ? [...own, ...scenarios] : own;
}
