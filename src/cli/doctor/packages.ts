// The Debian packages of src/cli/debian-packages.txt: which files of theirs are there, whoever installed them.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Check } from './check.ts';
import { run } from './run.ts';

export interface NeededPackage {
  package: string;
  file: string;
  neededBy: 'up' | 'test' | 'docker';
  purpose: string;
}

export function readPackageList(text: string): NeededPackage[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', file = '', neededBy = '', ...purpose] = line.split(/\s+/);
      return {
        package: name,
        file,
        neededBy: neededBy === 'test' || neededBy === 'docker' ? neededBy : 'up',
        purpose: purpose.join(' '),
      };
    });
}

export async function packageChecks(): Promise<Check[]> {
  const list = readPackageList(readFileSync(join(import.meta.dirname, '..', 'debian-packages.txt'), 'utf8'));
  // An engine may come from elsewhere: docker.ts asks it, not the package manager.
  const asked = list.filter(({ neededBy }) => neededBy !== 'docker');
  return Promise.all(
    asked.map(async (needed): Promise<Check> => {
      const there = isThere(needed.file);
      return {
        name: needed.package,
        state: there ? 'ok' : needed.neededBy === 'up' ? 'missing' : 'limited',
        found: there ? await versionOf(needed) : 'none',
        means: `${needed.purpose}${needed.neededBy === 'test' ? ', for ./lab test only' : ''}`,
        hint: `sudo apt-get install --no-install-recommends ${needed.package} (./lab ${needed.neededBy} offers to do it)`,
      };
    }),
  );
}

/** At its place in Debian, or anywhere on the PATH of another system. */
function isThere(file: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(':');
  return existsSync(file) || folders.some((folder) => existsSync(join(folder, basename(file))));
}

/** Only where the version matters to how the lab behaves; the others are simply there. */
async function versionOf({ package: name, file }: NeededPackage): Promise<string> {
  if (name === 'bird2') return (await run('bird', ['--version'])).text.split('\n')[0] ?? '';
  if (name === 'unbound') return (await run('unbound', ['-V'])).text.split('\n')[0] ?? '';
  if (name === 'iproute2') return (await run('ip', ['-V'])).text;
  return file;
}
