// What goes wrong around a lab on Docker: engines, Compose, addresses, names and disks that will not do, an `up` that is cut
// short, labs side by side, things removed by hand. Each is a sentence with what to type, and nothing is left of it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { LAB_LABEL } from '../../src/runtimes/docker/labels.ts';
import type { LabStatus } from '../../src/runtimes/runtime.ts';
import { useEngine } from './docker-engine.ts';
import { labRunner, printed, until } from './lab-runner.ts';

const { missing, titled } = await useEngine();

const runner = labRunner();
const { folder, lab, status } = runner;
/** Of this run: other runs may have labs on the same engine. */
const NAME = `faults-${process.pid}`;
const UP = ['up', 'tiny', '--runtime', 'docker', '--no-compare', '--yes', '--name', NAME] as const;

afterAll(() => {
  runner.clear();
  expect(leftOnEngine(NAME)).toEqual([]);
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** With other environment variables, or as another user. */
function labWith(env: Record<string, string | undefined>, ...args: string[]): Ended {
  return run([join(PROJECT_FOLDER, 'lab'), ...args], { CATCHMENT_LAB_DIR: folder, ...env });
}

function run([command = '', ...args]: string[], env: Record<string, string | undefined> = {}): Ended {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code, out: stdout ?? '', err: stderr ?? '' };
}

function docker(...args: string[]): string {
  const { code, out, err } = run(['docker', ...args]);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`);
  return out.trim();
}

/** A line for each container, network and volume that carries the lab's label. */
function leftOnEngine(name: string): string[] {
  const filter = ['--filter', `label=${LAB_LABEL}=${name}`];
  return [
    docker('ps', '--all', ...filter, '--format', '{{.Names}}'),
    docker('network', 'ls', ...filter, '--format', '{{.Name}}'),
    docker('volume', 'ls', ...filter, '--format', '{{.Name}}'),
  ].flatMap((lines) => lines.split('\n').filter(Boolean));
}

/** Of the lab nothing is there any more: on the engine, in its folder, in the folder for temporary files, no process. */
function expectNothingLeft(name = NAME): void {
  expect(leftOnEngine(name)).toEqual([]);
  const root = join(folder, name);
  expect(existsSync(root) ? readdirSync(root).filter((entry) => entry !== 'logs') : []).toEqual([]);
  const links = readdirSync(tmpdir(), { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  expect(
    links.filter(({ name: link }) => run(['readlink', join(tmpdir(), link)]).out.includes(folder)),
  ).toEqual([]);
  expect(processesOf(name)).toEqual([]);
}

function processesOf(name: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0catchment-${name}\0`);
      } catch {
        return false;
      }
    });
}

/** A copy of this checkout whose image `router` has one step. */
function checkoutWith(step: string): string {
  const copy = join(folder, 'checkout');
  mkdirSync(copy);
  for (const entry of [
    'lab',
    'src',
    'bird',
    'netem',
    'geoip',
    'compose',
    'package.json',
    'package-lock.json',
  ])
    cpSync(join(PROJECT_FOLDER, entry), join(copy, entry), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(copy, 'node_modules'));
  utimesSync(join(copy, 'package-lock.json'), 1, 1); // older than the packages: nothing is to be installed
  writeFileSync(join(copy, 'compose/router.Dockerfile'), `ARG BASE\nFROM $BASE\n${step}\n`);
  return copy;
}

function expectRefusal({ code, err }: Ended, sentence: RegExp): void {
  expect(err).toMatch(sentence);
  expect(err).toMatch(/^error: .*(\n.*)*\n {2}hint: +\S/);
  expect(err).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
}

describe.skipIf(missing)(titled('what will not do for a lab on Docker is refused with what to type'), () => {
  afterEach(() => expectNothingLeft());

  it('no engine', () => {
    const refused = labWith({ DOCKER_HOST: `unix://${folder}/no.sock` }, ...UP);
    expectRefusal(refused, /no Docker engine: there is no socket .*no\.sock/);
  });

  it('a socket that nobody listens on any more', () => {
    const socket = join(folder, 'dead.sock');
    run(['python3', '-c', `import socket; socket.socket(socket.AF_UNIX).bind('${socket}')`]);
    expectRefusal(labWith({ DOCKER_HOST: `unix://${socket}` }, ...UP), /no Docker engine answers on/);
    rmSync(socket);
  });

  it('a remote engine', () => {
    expectRefusal(labWith({ DOCKER_HOST: 'tcp://192.0.2.1:2376' }, ...UP), /a remote engine/);
  });

  it('no Compose, and one that is too old', () => {
    // All that is on the PATH, but for the two programs.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const entry of (process.env['PATH'] ?? '').split(delimiter).filter(existsSync).reverse()) {
      for (const name of readdirSync(entry).filter((each) => !each.startsWith('docker'))) {
        rmSync(join(bin, name), { force: true });
        symlinkSync(join(entry, name), join(bin, name));
      }
    }
    expectRefusal(
      labWith({ PATH: bin }, ...UP),
      /Docker Compose is not installed[\s\S]*hint: .*apt-get install/,
    );
    writeFileSync(join(bin, 'docker-compose'), '#!/bin/sh\necho 1.25.0\n', { mode: 0o755 });
    expectRefusal(labWith({ PATH: bin }, ...UP), /docker-compose is 1\.25\.0, and a lab needs 1\.29/);
    rmSync(bin, { recursive: true });
  });

  it('an address pool that is in use, and one that is none', () => {
    const network = `${NAME}-pool`;
    docker('network', 'create', '--subnet', '10.251.0.0/16', network);
    try {
      const refused = labWith({ CATCHMENT_DOCKER_POOL: '10.251.0.0/16' }, ...UP);
      expectRefusal(refused, /no free \/\d+ .*10\.251\.0\.0\/16[\s\S]*hint: +CATCHMENT_DOCKER_POOL=/);
      expect(docker('network', 'ls', '--format', '{{.Name}}').split('\n')).toContain(network);
    } finally {
      docker('network', 'rm', network);
    }
    const refused = labWith({ CATCHMENT_DOCKER_POOL: 'ten' }, ...UP);
    expectRefusal(refused, /ten cannot be an address pool[\s\S]*hint: +CATCHMENT_DOCKER_POOL=/);
  });

  it("a name that is a stranger's Compose project, which goes on", () => {
    const stranger = join(folder, 'stranger.yaml');
    const image = docker('images', '--quiet', '--filter', 'label=io.catchment.role').split('\n')[0];
    const service = { image, command: ['sleep', '600'], entrypoint: [], network_mode: 'none' };
    writeFileSync(stranger, JSON.stringify({ version: '3.7', services: { web: service } }));
    const compose = (...args: string[]) => {
      const command =
        run(['docker', 'compose', 'version']).code === 0 ? ['docker', 'compose'] : ['docker-compose'];
      const { code, err } = run([...command, '-p', `catchment-${NAME}`, '-f', stranger, ...args]);
      expect(code, err).toBe(0);
    };
    compose('up', '--detach');
    try {
      expectRefusal(
        lab(...UP),
        /the name .* is in use: .*something that is no lab[\s\S]*hint: .*docker compose --project-name/,
      );
      expect(lab('down', '--name', NAME)).toMatchObject({ code: 0, out: 'no lab is running\n' });
      expect(
        docker('ps', '--quiet', '--filter', `label=com.docker.compose.project=catchment-${NAME}`),
      ).not.toBe('');
    } finally {
      compose('down', '--timeout', '0');
      rmSync(stranger);
    }
  });

  it('an image that cannot be built', () => {
    const copy = checkoutWith('RUN echo no such mirror >&2; exit 3');
    const refused = run([join(copy, 'lab'), ...UP], { CATCHMENT_LAB_DIR: folder });
    expectRefusal(refused, /image router[\s\S]*no such mirror/);
    rmSync(copy, { recursive: true });
  });

  it.each([
    ['full after 64 kB', 'size=64k', /the disk is full[\s\S]*hint: .*free/],
    ['full after 400 kB', 'size=400k', /the disk is full[\s\S]*hint: .*free/],
    ['read-only', 'ro', /cannot write[\s\S]*hint: .*CATCHMENT_LAB_DIR/],
  ])('a disk that is %s', (_what, mountOptions, sentence) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk, { recursive: true });
    const script = `mount -t tmpfs -o ${mountOptions} tmpfs "$CATCHMENT_LAB_DIR" && "$0" "$@"; code=$?
      find "$CATCHMENT_LAB_DIR" -type f; exit $code`;
    const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const argv = [
      'unshare',
      ...root,
      '--mount',
      'sh',
      '-c',
      script,
      join(PROJECT_FOLDER, 'lab'),
      ...UP,
      '--quiet',
    ];
    const ended = run(argv, { CATCHMENT_LAB_DIR: disk });
    expectRefusal(ended, sentence);
    expect(ended.out).toBe('');
  });
});

describe.skipIf(missing)(titled('an up on Docker that is cut short'), () => {
  afterEach(() => {
    lab('down', '--name', NAME);
  });

  const moments: [string, (child: ChildProcess) => Promise<unknown>][] = [
    ['while it looks at the images', (child) => printed(child, /runtime docker/)],
    ['while Compose works', () => until('containers', () => leftOnEngine(NAME).length > 3)],
    ['while it waits until all is ready', (child) => printed(child, /containers started/)],
  ];

  it.each(moments)('by Ctrl-C %s leaves nothing', async (_when, moment) => {
    const child = runner.start(...UP);
    const ended = endOf(child);
    await moment(child);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expectNothingLeft();
    rmSync(join(folder, NAME), { recursive: true, force: true });
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('by %s while an image is built ends the build', async (signal) => {
    const step = `sleep ${signal === 'SIGINT' ? 71 : 72}.${process.pid}`;
    const copy = checkoutWith(`RUN ${step}`);
    const env = { ...process.env, CATCHMENT_LAB_DIR: folder };
    const child = spawn(join(copy, 'lab'), UP, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = endOf(child);
    const building = () => docker('ps', '--all', '--no-trunc', '--format', '{{.Command}}').includes(step);
    await until('it is built', building);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: signal === 'SIGINT' ? 130 : null });
    await until('the build has ended', () => !building());
    lab('down', '--name', NAME);
    expectNothingLeft();
    rmSync(copy, { recursive: true });
  });

  it('by kill -9 takes its Compose with it and says so; down --all removes it and a lab on netns, and nothing comes after', async () => {
    expect(lab('up', 'tiny', '--runtime', 'netns', '--no-compare', '--yes', '--name', 'beside').code).toBe(0);
    expectRefusal(
      lab(...UP.slice(0, -1), 'beside'),
      /is running on the netns runtime[\s\S]*hint: +\.\/lab down/,
    );
    const child = runner.start(...UP);
    const ended = endOf(child);
    await until('containers', () => leftOnEngine(NAME).length > 3);
    child.kill('SIGKILL');
    await ended;
    await until('no Compose', () => processesOf(NAME).length === 0);
    expect(status('--name', NAME).state).toBe('starting');
    expectRefusal(lab(...UP), /has not become ready[\s\S]*\.\/lab down --name/);
    expect(lab('status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('several labs are running'),
    });
    expect(lab('down', '--all')).toMatchObject({ code: 0, err: '' });
    expectNothingLeft();
    expect(lab('status').err).toContain('no lab is running');
  });

  it('by a down elsewhere ends as interrupted, and nothing is left', async () => {
    const child = runner.start(...UP);
    const ended = endOf(child);
    await until('containers', () => leftOnEngine(NAME).length > 3);
    expect(lab('down', '--name', NAME)).toMatchObject({ code: 0, out: expect.stringContaining('is down') });
    expect(await ended).toMatchObject({ code: 130 });
    expectNothingLeft();
  });
});

describe.skipIf(missing)(titled('around a lab on Docker that runs'), () => {
  const serviceOf = (now: LabStatus, node: string, service: string) =>
    now.nodes.find((each) => each.name === node)?.services.find((each) => each.name === service);
  const container = (node: string) =>
    leftOnEngine(NAME).find((each) => each.endsWith(`_${node}_1`) || each.endsWith(`-${node}-1`)) ?? '';

  beforeAll(async () => {
    const both = await Promise.all([1, 2].map(() => endOf(runner.start(...UP))));
    // Of two at once one comes up, and the other is refused.
    expect(both.map(({ code }) => code).sort(), both.map(({ err }) => err).join()).toEqual([0, 1]);
    expectRefusal(both.find(({ code }) => code === 1) as Ended, /is starting a lab|has not become ready/);
  });

  it('up says that it runs, and the same name elsewhere is refused', () => {
    expect(lab(...UP)).toMatchObject({ code: 0, out: expect.stringContaining('runs already') });
    const elsewhere = mkdtempSync(join(tmpdir(), 'catchment-elsewhere-'));
    const env = { CATCHMENT_LAB_DIR: elsewhere };
    expectRefusal(labWith(env, ...UP), /in use: .*the lab of another checkout, in .*faults-/);
    expect(labWith(env, 'down', '--name', NAME).out).toBe('no lab is running\n');
    rmSync(elsewhere, { recursive: true });
    const onNetns = lab('up', 'tiny', '--runtime', 'netns', '--no-compare', '--yes', '--name', NAME);
    expectRefusal(onNetns, /is running on the docker runtime[\s\S]*hint: +\.\/lab down --name/);
    expect(status('--name', NAME).state).toBe('ready');
  });

  it('an engine that does not answer is told as the reason, with what to type', () => {
    const record = join(folder, NAME, 'docker.json');
    const text = readFileSync(record, 'utf8');
    const engine = join(folder, 'gone.sock');
    writeFileSync(record, JSON.stringify({ ...JSON.parse(text), engine }));
    expect(status('--name', NAME)).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(/no Docker engine.*\(first: start/),
    });
    expectRefusal(lab('exec', '--name', NAME, 'paris', '--', 'true'), /no Docker engine/);
    expectRefusal(lab('down', '--name', NAME), /cannot be removed: no Docker engine[\s\S]*hint: .*rm -r/);
    writeFileSync(record, text);
    expect(status('--name', NAME).state).toBe('ready');
  });

  it('a container removed by hand is missed: a service is degraded, a node dead', async () => {
    docker('rm', '--force', container('pop-fra.edge'));
    const degraded = status('--name', NAME);
    expect(degraded.state).toBe('degraded');
    expect(serviceOf(degraded, 'pop-fra', 'edge')).toMatchObject({
      healthy: false,
      reason: expect.stringContaining('is gone'),
    });
    expectRefusal(lab('fail', '--name', NAME, 'pop-fra/edge'), /no container for pop-fra\/edge/);
    docker('rm', '--force', container('paris'));
    const dead = status('--name', NAME);
    expect([dead.state, dead.reason]).toEqual(['dead', expect.stringContaining('paris')]);
    expect(lab('status', '--name', NAME).out).toMatch(/next: \.\/lab down/);
    expectRefusal(lab('exec', '--name', NAME, 'paris', '--', 'true'), /container of node paris has ended/);
  });

  it("down without the lab's folder removes what carries its labels, and no stranger, not even a connected one", async () => {
    const image = docker('images', '--quiet', '--filter', 'label=io.catchment.role').split('\n')[0] ?? '';
    const strangers = [`${NAME}-unlabelled`, `${NAME}-labelled`];
    const [unlabelled = '', labelled = ''] = strangers;
    const idle = ['run', '--detach', '--network', 'none', '--entrypoint', 'sleep'];
    docker(...idle, '--name', unlabelled, image, '600');
    docker(...idle, '--name', labelled, '--label', `${LAB_LABEL}=${NAME}x`, image, '600');
    docker('network', 'create', '--label', `${LAB_LABEL}=${NAME}x`, labelled);
    const connected = `${NAME}-connected`;
    const underlay = leftOnEngine(NAME).find((each) => /underlay|link0$/.test(each)) ?? '';
    docker(
      'run',
      '--detach',
      '--name',
      connected,
      '--network',
      underlay,
      '--entrypoint',
      'sleep',
      image,
      '600',
    );
    try {
      rmSync(join(folder, NAME), { recursive: true });
      // Two at once: both are told that it is down, or one that there was nothing.
      const both = await Promise.all([1, 2].map(() => endOf(runner.start('down', '--name', NAME))));
      expect(both.map(({ code, err }) => [code, err])).toEqual([
        [0, ''],
        [0, ''],
      ]);
      expect(both.map(({ out }) => out).join()).toContain(`lab ${NAME} is down`);
      expectNothingLeft();
      expect(lab('down', '--name', NAME)).toEqual({ code: 0, out: 'no lab is running\n', err: '' });
      const running = docker('ps', '--format', '{{.Names}}').split('\n');
      expect(running).toEqual(expect.arrayContaining([...strangers, connected]));
      expect(docker('network', 'ls', '--format', '{{.Name}}').split('\n')).toContain(labelled);
    } finally {
      docker('rm', '--force', ...strangers, connected);
      docker('network', 'rm', labelled);
    }
  });
});

function endOf(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}
