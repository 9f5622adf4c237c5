// The apt-get wrapper in a mount namespace where /usr/sbin and /var/lib are empty: nothing of this machine is touched.
// apt-get, dpkg and systemctl are stand-ins that write down what they see.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../src/cli/install-debian-packages.sh');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-apt-'));
  command('apt-get', `/usr/sbin/policy-rc.d unbound start; echo "apt-get $* policy $?" >>${folder}/calls`);
  command('dpkg', 'echo /lib/systemd/system/$2.service; echo /usr/bin/$2');
  command('systemctl', `echo "systemctl $*" >>${folder}/calls`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function command(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

/** Runs the wrapper; `before` and `after` run in the same namespace around it. */
function install(before: string, after: string) {
  const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const inside = `
    set -e
    mount -t tmpfs none /usr/sbin; mount -t tmpfs none /var/lib
    ${before}
    status=0; PATH="${folder}:$PATH" bash "${SCRIPT}" unbound || status=$?
    ${after}
    exit $status`;
  const result = spawnSync('unshare', [...root, '--mount', 'bash', '-c', inside], { encoding: 'utf8' });
  const calls = readFileSync(join(folder, 'calls'), 'utf8');
  return { code: result.status, out: result.stdout, err: result.stderr, calls };
}

describe('installing Debian packages', () => {
  test('happens under a policy that starts nothing, enables nothing and leaves no file', () => {
    const { code, out, calls, err } = install('', 'ls /usr/sbin /var/lib');
    expect([code, err]).toEqual([0, '']);
    expect(calls).toMatch(/apt-get .*install --no-install-recommends unbound policy 101/);
    expect(calls).toContain('systemctl --quiet disable unbound.service');
    expect(out.trim()).toBe('/usr/sbin:\n\n/var/lib:');
  });

  test('leaves a policy-rc.d of somebody else as it was', () => {
    const own = '#!/bin/sh\\nexit 0\\n';
    const { calls, out } = install(
      `printf '${own}' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d`,
      'cat /usr/sbin/policy-rc.d',
    );
    expect(calls).toContain('install --no-install-recommends unbound policy 101');
    expect(out).toBe('#!/bin/sh\nexit 0\n');
  });

  test('updates the lists first when there are none, and again when installing fails', () => {
    command('apt-get', `echo "$*" >>${folder}/calls; case "$*" in *install*) exit 1 ;; esac`);
    const { code, calls } = install('', 'ls /usr/sbin');
    expect(code).not.toBe(0);
    const verbs = [...calls.matchAll(/ (update|install)(?= --no-install|$)/gm)].map((match) => match[1]);
    expect(verbs).toEqual(['update', 'install', 'update', 'install']);
  });

  test('cleans up when interrupted', () => {
    command('apt-get', `echo x >>${folder}/calls; kill -TERM $PPID; sleep 0.2`);
    const { out } = install('', 'ls /usr/sbin /var/lib');
    expect(out.trim()).toBe('/usr/sbin:\n\n/var/lib:');
  });
});
