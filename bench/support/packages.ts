// The Debian packages that a bench needs: installed when it runs as root (no service of theirs is started), else said
// with the command to type.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';

export function needPackages(packages: readonly string[], say: (line: string) => void): void {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const byHand = `sudo apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0)
    throw new UserError({ message: `the bench needs Debian packages: ${missing.join(', ')}`, hint: byHand });
  say(`installing ${missing.join(', ')}`);
  const script = join(PROJECT_FOLDER, 'src/cli/install-debian-packages.sh');
  const { status, stderr, stdout } = spawnSync('bash', [script, ...missing], { encoding: 'utf8' });
  if (status !== 0) {
    const found = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
    throw new UserError({ message: `apt-get could not install ${missing.join(', ')}`, found, hint: byHand });
  }
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
  return /^Status: .* installed$/m.test(stdout ?? '');
}
