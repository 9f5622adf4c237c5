// A lab on Docker without root: as a throwaway user in the group of the engine's socket, from a copy of this checkout that
// is theirs. Services run as that user, whose sockets and files they can then use and remove.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { DEFAULT_SOCKET } from '../../src/runtimes/docker/engine-address.ts';
import { LAB_LABEL } from '../../src/runtimes/docker/labels.ts';
import type { LabStatus } from '../../src/runtimes/runtime.ts';
import { useEngine } from './docker-engine.ts';
import { until } from './lab-runner.ts';

const { missing, titled } = await useEngine();

const USER = `labdock${process.pid}`;
const HOME = join('/home', USER);
const CHECKOUT = join(HOME, 'catchment');
/** So deep that the paths of sockets in it would be too long. */
const LABS = join(HOME, 'labs-in-a-folder-with-a-long-name'.repeat(3));
const NAME = `user-${process.pid}`;
/** All that `./lab up` needs of a checkout, but for the npm packages, which are shared. */
const NEEDED = ['lab', 'src', 'bird', 'netem', 'geoip', 'compose', 'package.json', 'package-lock.json'];

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { code: status, out: stdout ?? '', err: stderr ?? '' };
}

/** The socket of the engine that is used, and the group that may use it. */
const host = process.env['DOCKER_HOST'] ?? `unix://${DEFAULT_SOCKET}`;
const socket = host.replace('unix://', '');

/** With nothing of root's environment; in one more group, as after `usermod -aG docker`, or not. */
function asUser(script: string, inGroup = true) {
  const { gid } = statSync(socket);
  const as = [
    `--reuid=${USER}`,
    `--regid=${USER}`,
    inGroup ? `--groups=${gid}` : '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
  const environment = ['-i', `HOME=${HOME}`, 'PATH=/usr/local/bin:/usr/bin:/bin', `DOCKER_HOST=${host}`];
  return run('setpriv', ...as, 'env', ...environment, `CATCHMENT_LAB_DIR=${LABS}`, 'bash', '-c', script);
}
const lab = (args: string) => asUser(`cd ${CHECKOUT} && ./lab ${args}`);
const status = () => JSON.parse(lab('status --json').out) as LabStatus;

/** Why this machine cannot run the test; undefined when it can. */
let unable: string | undefined;

beforeAll(() => {
  if (missing) return;
  unable = whyNotMade();
  if (unable) console.warn(`SKIPPED: a lab on Docker as an ordinary user: ${unable}`);
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
  if (code !== 0) return `useradd cannot make a user: ${err.trim()}`;
  mkdirSync(CHECKOUT);
  for (const entry of NEEDED) {
    cpSync(join(PROJECT_FOLDER, entry), join(CHECKOUT, entry), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(CHECKOUT, 'node_modules'));
  // Older than the packages: the shared ones are as good as this checkout's, and not the user's to change.
  utimesSync(join(CHECKOUT, 'package-lock.json'), 1, 1);
  run('chown', '--recursive', '--no-dereference', USER, CHECKOUT);
  // What nobody else may look into: the engine mounts it all the same.
  run('chmod', '0700', HOME);
  const node = asUser(`${CHECKOUT}/node_modules/.bin/node --version`);
  if (node.code !== 0) return `users may not read ${PROJECT_FOLDER}/node_modules`;
  // The engine's own folder may be out of reach for all but root.
  const reach = asUser(`test -w ${socket}`);
  return reach.code === 0 ? undefined : `the group of ${socket} may not use it`;
}

describe.skipIf(missing)(titled('a lab on Docker of an ordinary user'), () => {
  it('is refused to one who may not use the socket, with what to type, and leaves nothing', () => {
    const { code, err } = asUser(`cd ${CHECKOUT} && ./lab up tiny --runtime docker`, false);
    expect(code).toBe(1);
    expect(err).toMatch(/no permission to use the Docker engine's socket[\s\S]*hint: .*usermod -aG docker/);
    expect(existsSync(LABS)).toBe(false);
  });

  it('comes up, without a complaint', async () => {
    const { code, out, err } = asUser(
      `umask 077; cd ${CHECKOUT} && ./lab up tiny --runtime docker --no-compare --name ${NAME}`,
    );
    expect([code, err.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
    expect(out).toContain(`lab ${NAME} is ready`);
    await until('ready', () => status().state === 'ready');
  });

  it('runs its services as that user, and its files are theirs', () => {
    const { uid } = statSync(HOME);
    for (const { pid, name } of status().nodes.flatMap((node) => node.services)) {
      const ids = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      expect([name, Number(ids)]).toEqual([name, uid]);
    }
    const root = join(LABS, NAME);
    for (const entry of ['', 'docker.json', 'compose.yaml', 'files', 'run', 'run/pop-fra'])
      expect([entry, statSync(join(root, entry)).uid]).toEqual([entry, uid]);
    for (const control of ['bird.ctl', 'dns.sock', 'edge.sock', 'agent.sock'])
      expect([control, statSync(join(root, 'run/pop-fra', control)).uid]).toEqual([control, uid]);
  });

  it('runs commands in nodes, which have their own names and files', () => {
    expect(lab('exec paris -- hostname')).toEqual({ code: 0, out: 'paris\n', err: '' });
    expect(lab('exec paris -- dig +short @resolver www.cdn.test').out).toMatch(/^203\.0\.113\.\d+\n$/);
    expect(lab("exec paris -- sh -c 'exit 7'").code).toBe(7);
  });

  it('changes links, drains, fails and restores', async () => {
    expect(lab('link paris--isp-paris --delay 30ms').code).toBe(0);
    const { out } = lab('exec paris -- ping -4 -c 3 -i 0.2 -W 5 resolver');
    expect(Number(/min\/avg\/max\/mdev = ([\d.]+)/.exec(out)?.[1])).toBeGreaterThanOrEqual(60);
    expect(lab('link paris--isp-paris --delay 2ms').code).toBe(0);
    const isUp = (name: string) => status().pops.find((pop) => pop.name === name)?.announced.length !== 0;
    for (const how of ['drain', 'clean']) {
      expect(lab(`fail pop-fra --how ${how}`).code).toBe(0);
      if (how === 'drain') await until('drained', () => !isUp('pop-fra'));
      expect(lab('restore pop-fra').code).toBe(0);
      await until('ready', () => status().state === 'ready' && status().pops.every((pop) => pop.healthy));
    }
    expect(lab('fail pop-fra/edge --how silent').code).toBe(0);
    expect(lab('restore pop-fra/edge').code).toBe(0);
  });

  it('shows logs, events and what it takes', () => {
    expect(lab('logs pop-fra/dns -n 1').out).toMatch(/"service":"dns"/);
    expect(lab('events').out).toContain('restored');
    expect(lab('stats')).toMatchObject({ code: 0, out: expect.stringContaining('bird') });
  });

  it('goes down and leaves nothing', () => {
    const { uid } = statSync(HOME);
    expect(lab('down')).toMatchObject({ code: 0, err: '' });
    const filter = ['--filter', `label=${LAB_LABEL}=${NAME}`];
    expect(run('docker', 'ps', '--all', '--quiet', ...filter)).toEqual({ code: 0, out: '', err: '' });
    expect(run('docker', 'network', 'ls', '--quiet', ...filter).out).toBe('');
    expect(readdirSync(join(LABS, NAME))).toEqual(['logs']);
    expect(readdirSync(tmpdir()).filter((entry) => lstatSync(join(tmpdir(), entry)).uid === uid)).toEqual([]);
    expect(run('pgrep', '--uid', USER).code).toBe(1);
  });
});
