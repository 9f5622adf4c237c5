// The lab without root: as a throwaway user, in user namespaces, from a copy of this checkout that is theirs. The labs of
// an ordinary user share no code path with root's where it matters: mounts, host names, nsenter, who owns what.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import type { LabStatus } from '../../src/runtimes/runtime.ts';
import { until } from './lab-runner.ts';

const USER = `labtest${process.pid}`;
const HOME = join('/home', USER);
const CHECKOUT = join(HOME, 'catchment');
/** All that `./lab up` needs of a checkout, but for the npm packages, which are shared. */
const NEEDED = ['lab', 'src', 'bird', 'netem', 'geoip', 'package.json', 'package-lock.json'];

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { code: status, out: stdout ?? '', err: stderr ?? '' };
}

/** Through a login shell: nothing of root's environment. */
const asUser = (script: string) => run('su', '-s', '/bin/bash', '-', USER, '-c', script);
const lab = (args: string, environment = '') =>
  asUser(`cd ${CHECKOUT} && ${environment} CATCHMENT_LAB_DIR=${HOME}/labs ./lab ${args}`);
const status = () => JSON.parse(lab('status --json').out) as LabStatus;

/** Why this machine cannot run the test; undefined when it can. */
let unable: string | undefined;

beforeAll(() => {
  unable = whyNotMade() ?? whyNotRun();
  if (unable) console.warn(`SKIPPED: the lab as an ordinary user: ${unable}`);
});

beforeEach(({ skip }) => skip(unable !== undefined, unable));

afterAll(() => {
  if (run('id', USER).code !== 0) return;
  lab('down --all');
  run('userdel', '--remove', USER);
});

function whyNotMade(): string | undefined {
  if (process.getuid?.() !== 0) return 'making a user takes root (and this run is one by an ordinary user)';
  const { code, err } = run('useradd', '--create-home', '--home-dir', HOME, '--shell', '/bin/bash', USER);
  return code === 0 ? undefined : `useradd cannot make a user: ${err.trim()}`;
}

function whyNotRun(): string | undefined {
  const namespaces = asUser('unshare --user --map-root-user --net --mount --pid --fork true');
  if (namespaces.code !== 0) return `users may make no namespaces here: ${namespaces.err.trim()}`;
  mkdirSync(CHECKOUT);
  for (const entry of NEEDED) {
    cpSync(join(PROJECT_FOLDER, entry), join(CHECKOUT, entry), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(CHECKOUT, 'node_modules'));
  // Older than the packages: the shared ones are as good as this checkout's, and not the user's to change.
  utimesSync(join(CHECKOUT, 'package-lock.json'), 1, 1);
  run('chown', '--recursive', '--no-dereference', USER, CHECKOUT);
  const node = asUser(`${CHECKOUT}/node_modules/.bin/node --version`);
  return node.code === 0 ? undefined : `users may not read ${PROJECT_FOLDER}/node_modules`;
}

describe('a lab of an ordinary user', () => {
  it('comes up, without a complaint', async () => {
    const { code, out, err } = lab('up tiny --no-compare');
    expect([code, err.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
    expect(out).toContain('lab tiny is ready');
    await until('ready', () => status().state === 'ready');
  });

  it('runs commands in nodes, which have their own names and files', () => {
    expect(lab('exec paris -- hostname')).toEqual({ code: 0, out: 'paris\n', err: '' });
    expect(lab('exec paris -- dig +short @resolver www.cdn.test').out).toMatch(/^203\.0\.113\.\d+\n$/);
    expect(lab('exec paris -- traceroute -w 3 anycast.cdn.test').out).toContain('t2-fra.frankfurt.net.test');
    expect(lab("exec paris -- sh -c 'exit 7'").code).toBe(7);
    expect(lab('exec paris -- tail -n 1 /etc/hosts').out).toMatch(/resolver$/m);
  });

  it('fails, measures and restores', async () => {
    expect(lab('fail pop-fra').code).toBe(0);
    await until('everyone at lon', () => lab('catchment').code === 0);
    expect(lab('restore pop-fra').code).toBe(0);
    await until('ready', () => status().state === 'ready' && status().pops.every((pop) => pop.healthy));
    expect(lab('catchment').out).toContain('3 of 3 measured catchments are as predicted');
  });

  it('goes down and leaves no process', async () => {
    expect(lab('down')).toMatchObject({ code: 0, err: '' });
    // The unshare around the lab ends a moment after the lab.
    await until('no process', () => run('pgrep', '--uid', USER).code === 1);
    expect(existsSync(join(HOME, 'labs/tiny/state.json'))).toBe(false);
  });

  it('cannot be where the user may not write, and the error says what to do', () => {
    const { code, err } = asUser(`cd ${CHECKOUT} && CATCHMENT_LAB_DIR=/usr/labs ./lab up tiny --no-compare`);
    expect(code).toBe(1);
    expect(err).toMatch(/permission denied[\s\S]*hint: .*CATCHMENT_LAB_DIR/);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
