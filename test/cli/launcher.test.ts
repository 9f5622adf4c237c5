// The launcher in a project of its own, with an npm, an apt world and a node that only write down how they were called.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROJECT } from './run-lab.ts';

let project: string;
let log: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'catchment-launcher-'));
  log = join(project, 'calls');
  mkdirSync(join(project, 'src/cli'), { recursive: true });
  cpSync(join(PROJECT, 'lab'), join(project, 'lab'));
  cpSync(join(PROJECT, 'src/cli/debian-packages.txt'), join(project, 'src/cli/debian-packages.txt'));
  writeFileSync(join(project, 'package-lock.json'), '{}');
  script(
    'fake/npm',
    `echo "npm $*" >>"${log}"; mkdir -p node_modules/.bin; cp "${project}/fake-node" node_modules/.bin/node; : >node_modules/.package-lock.json`,
  );
  const bundle = `${project}/.lab/.cache/bundle`;
  script(
    'fake-node',
    `case "$*" in *bundle.ts) mkdir -p ${bundle}; : >${bundle}/cli.js ;; *) echo "node $*" >>"${log}" ;; esac`,
  );
  script('fake/apt-get', 'exit 1');
  script('fake/sudo', '[ "$1" = -n ] && shift; exec "$@"');
  script('src/cli/install-debian-packages.sh', `echo "install $*" >>"${log}"`);
  installed(
    'bird2',
    'unbound',
    'iproute2',
    'util-linux',
    'ethtool',
    'bind9-dnsutils',
    'iputils-ping',
    'traceroute',
    'mtr-tiny',
    'tcpdump',
  );
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function script(path: string, body: string): void {
  mkdirSync(join(project, path, '..'), { recursive: true });
  writeFileSync(join(project, path), `#!/bin/sh\n${body}\n`);
  chmodSync(join(project, path), 0o755);
}

function installed(...packages: string[]): void {
  script('fake/dpkg-query', packages.map((name) => `echo "installed ${name}"`).join('\n'));
}

function launch(args: string[], env: NodeJS.ProcessEnv = {}) {
  rmSync(log, { force: true });
  const { CI: _, NODE_COMPILE_CACHE: __, ...inherited } = process.env;
  const result = spawnSync(join(project, 'lab'), args, {
    encoding: 'utf8',
    input: '',
    env: {
      ...inherited,
      PATH: `${join(project, 'fake')}:/usr/bin:/bin`,
      DOCKER_HOST: `unix://${join(project, 'no-engine.sock')}`,
      ...env,
    },
  });
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { code: result.status, out: result.stdout, err: result.stderr, calls };
}

describe('npm packages', () => {
  test('are installed when missing, once, without a word of npm', () => {
    const first = launch(['status']);
    expect(first.calls[0]).toMatch(/^npm ci /);
    expect(first.calls[1]).toMatch(/^node .*bundle\/cli\.js status$/);
    expect(first.err).toBe('· installing npm packages, Node 24 among them (once, about half a minute)\n');
    expect(launch(['status']).calls).toEqual([first.calls[1]]);
  });

  test('are installed again when package-lock.json is newer', () => {
    launch(['status']);
    const later = new Date(Date.now() + 5000);
    utimesSync(join(project, 'package-lock.json'), later, later);
    expect(launch(['status']).calls[0]).toMatch(/^npm ci /);
  });

  test('that cannot be fetched are told with what to do', () => {
    script('fake/npm', 'echo "npm error code ENOTFOUND registry"; exit 1');
    const { code, err, calls } = launch(['status']);
    expect([code, calls]).toEqual([1, []]);
    expect(err).toContain('npm could not reach its registry');
    expect(err).toContain('hint:');
  });

  test('for which there is no Node 24 are told too', () => {
    script('fake/npm', 'mkdir -p node_modules');
    expect(launch(['status']).err).toContain('no Node 24 for this machine');
  });
});

describe('Debian packages', () => {
  test('that are there cost nothing', () => {
    const { calls } = launch(['up', '--yes']);
    expect(calls.filter((call) => call.startsWith('install'))).toEqual([]);
  });

  test('that are missing are listed and installed with --yes', () => {
    installed(
      'bird2',
      'iproute2',
      'util-linux',
      'ethtool',
      'bind9-dnsutils',
      'iputils-ping',
      'traceroute',
      'tcpdump',
    );
    const { err, calls } = launch(['up', '--yes']);
    expect(calls).toContain('install unbound mtr-tiny');
    expect(err).toContain('These Debian packages are missing: unbound mtr-tiny');
    expect(calls.at(-1)).toMatch(/cli\.js up --yes$/);
  });

  test('are installed in CI, those for tests only by test', () => {
    const { calls } = launch(['test'], { CI: 'true' });
    const install = calls.find((call) => call.startsWith('install'));
    expect(install).toMatch(/^install mmdb-bin user-mode-linux chromium dnsperf prometheus\b/);
  });

  test.each([
    ['status'],
    ['doctor'],
    ['up', '--dry-run'],
    ['up', '--help'],
    ['up', '--runtime', 'docker'],
    ['exec', 'london', '--', 'up'],
    ['--name', 'up', 'status'],
  ])('are none of the business of %s %s %s', (...args) => {
    installed();
    const { calls, err } = launch(args.filter((each) => each !== undefined));
    expect(calls.some((call) => call.startsWith('install'))).toBe(false);
    expect(err).not.toContain('Debian');
  });

  test('that apt-get cannot install end it with the command to type', () => {
    installed();
    script('src/cli/install-debian-packages.sh', 'echo "E: Unable to locate package bird2"; exit 100');
    const { code, err, calls } = launch(['up', '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('E: Unable to locate package bird2');
    expect(err).toMatch(/hint: sudo apt-get install --no-install-recommends bird2 unbound/);
    expect(calls.some((call) => call.startsWith('node'))).toBe(false);
  });

  test('are not installed without a terminal unless as root, and the command to type is printed', () => {
    installed();
    const { code, err, calls } = launch(['up']);
    if (process.getuid?.() === 0) expect(calls.at(-1)).toMatch(/^node/);
    else {
      expect(code).toBe(1);
      expect(err).toContain('sudo apt-get install --no-install-recommends bird2');
    }
  });
});

describe('a Docker engine', () => {
  const asked = process.getuid?.() === 0 ? ' docker.io docker-compose iptables debootstrap' : '';
  const forTests =
    'install mmdb-bin user-mode-linux chromium dnsperf prometheus bind9 bind9-utils knot-dnsutils ldnsutils zonemaster-cli dnsviz openssl curl';

  test.each([
    ['test in CI', ['test'], { CI: 'true' }, `${forTests}${asked}`],
    ['test --install', ['test', '--install'], {}, `${forTests}${asked}`],
    ['test --yes', ['test', '--yes'], {}, forTests],
  ])('is installed by %s as asked for and as root only', (_, args, env, expected) => {
    const { calls } = launch(args, env);
    expect(calls.find((call) => call.startsWith('install'))).toBe(expected);
  });

  test('is installed by up --runtime docker --install, and nothing else is', () => {
    installed();
    const { calls } = launch(['up', '--runtime', 'docker', '--install']);
    expect(calls.find((call) => call.startsWith('install'))).toBe(asked ? `install${asked}` : undefined);
  });

  test.each([[['up', '--runtime', 'docker', '--yes']], [['up', '--runtime=docker']]])(
    'is not installed by %s, not in CI either',
    (args) => {
      installed();
      expect(launch(args, { CI: 'true' }).calls.some((call) => call.startsWith('install'))).toBe(false);
    },
  );

  test('is not installed where one answers', async () => {
    const socket = join(project, 'engine.sock');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    const { calls } = launch(['test'], { CI: 'true', DOCKER_HOST: `unix://${socket}` });
    expect(calls).toContain(forTests);
    server.close();
  });
});

test('sources that cannot be bundled are run as they are', () => {
  script('fake-node', `case "$*" in *bundle.ts) exit 1 ;; *) echo "node $*" >>"${log}" ;; esac`);
  const { err, calls } = launch(['status']);
  expect(calls.at(-1)).toMatch(/src\/cli\/main\.ts status$/);
  expect(err).toContain('note: the sources could not be bundled');
});

test('arguments reach the command as they were typed, from any folder', () => {
  launch(['status']);
  const { calls } = launch(['exec', 'london', '--', 'sh', '-c', 'echo  "a b"']);
  expect(calls[0]).toContain('exec london -- sh -c echo  "a b"');
});
