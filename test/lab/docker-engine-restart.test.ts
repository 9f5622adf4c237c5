// The engine is stopped and started again under a lab: on an engine of this test's own in a network namespace of its own,
// since an engine that starts writes the firewall of its namespace anew, and the machine's may be in use.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine, engineProblem } from '../../src/runtimes/docker/engine.ts';
import { ensureImages, wantedImages } from '../../src/runtimes/docker/images/ensure-images.ts';
import { useEngine } from './docker-engine.ts';
import { stopEngine } from './docker-engine-process.ts';
import { labRunner, until } from './lab-runner.ts';

const { missing, titled } = await useEngine();

/** As docker-engine-process.ts names them, whose stopEngine and sweep know what to do with such a folder. */
const RUN_FOLDER_PREFIX = '/run/catchment-engine-';
const DATA_FOLDER_PREFIX = '/var/tmp/catchment-engine-';
const NAME = 'restart';
const UP = ['up', 'tiny', '--runtime', 'docker', '--no-compare', '--yes', '--name', NAME] as const;

const runner = labRunner();
let runFolder = '';
let dataFolder = '';
let engine: ChildProcess | undefined;
let unable: string | undefined;
const shared = process.env['DOCKER_HOST'];

beforeAll(async () => {
  if (missing) return;
  unable = whyNot();
  if (unable) return console.warn(`SKIPPED: an engine restarted under a lab: ${unable}`);
  const source = await connectEngine();
  await ensureImages(source);
  const { base = '', images } = await wantedImages(source);
  runFolder = mkdtempSync(RUN_FOLDER_PREFIX);
  dataFolder = mkdtempSync(DATA_FOLDER_PREFIX);
  writeFileSync(join(runFolder, 'daemon.json'), '{}');
  await start();
  const tags = [base, ...images.map(({ tag }) => tag)].join(' ');
  const copy = `docker --host unix://${source.socket} save ${tags} | docker --host unix://${runFolder}/docker.sock load`;
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', copy], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  // The labs of this test are on that one, and only its commands may know.
  process.env['DOCKER_HOST'] = `unix://${runFolder}/docker.sock`;
}, 120_000);

beforeEach(({ skip }) => skip(unable !== undefined, unable));

afterAll(async () => {
  if (runFolder) {
    runner.clear();
    await stopEngine(runFolder);
  }
  rmSync(runner.folder, { recursive: true, force: true });
  if (shared === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = shared;
}, 60_000);

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'starting an engine takes root';
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  const lacking = ['dockerd', 'iptables', 'docker'].filter(
    (command) => !path.split(':').some((folder) => existsSync(join(folder, command))),
  );
  return lacking.length > 0 ? `not installed: ${lacking.join(', ')}` : undefined;
}

/** The namespace lasts as long as the engine. */
async function start(): Promise<void> {
  const output = openSync(join(runFolder, 'dockerd.log'), 'a');
  const script = 'ip link set lo up; exec dockerd "$@"';
  const options = [
    ...['--config-file', join(runFolder, 'daemon.json'), '--host', `unix://${runFolder}/docker.sock`],
    ...['--data-root', dataFolder, '--exec-root', join(runFolder, 'exec')],
    ...['--pidfile', join(runFolder, 'dockerd.pid')],
  ];
  engine = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', ...options], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  const state = {
    owner: process.pid,
    pid: engine.pid,
    runFolder,
    dataFolder,
    hadBridge: true, // the one in its namespace goes with that
    ipForward: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    firewall: {},
  };
  writeFileSync(join(runFolder, 'state.json'), JSON.stringify(state));
  const before = process.env['DOCKER_HOST'];
  process.env['DOCKER_HOST'] = `unix://${runFolder}/docker.sock`;
  try {
    await until('the engine answers', async () => (await engineProblem()) === undefined);
  } finally {
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
  }
}

async function stop(): Promise<void> {
  const ended = once(engine as ChildProcess, 'exit');
  engine?.kill('SIGTERM');
  await ended;
}

/** Commands take DOCKER_HOST from the environment they are started in, which the runner copied before. */
const lab = (...args: string[]) => {
  const env = { ...process.env, CATCHMENT_LAB_DIR: runner.folder };
  const { status: code, stdout, stderr } = spawnSync('./lab', args, { encoding: 'utf8', env });
  return { code, out: stdout, err: stderr };
};
const status = () => JSON.parse(lab('status', '--json').out) as { state: string; reason?: string };

describe.skipIf(missing)(titled('an engine that is restarted under a lab'), () => {
  it('while it is stopped, status says so and what to type, and down what it cannot do', async () => {
    expect(lab(...UP)).toMatchObject({ code: 0 });
    await stop();
    expect(status()).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(/^no Docker engine.* \(first: start that engine\)/),
    });
    for (const args of [
      ['exec', 'paris', '--', 'true'],
      ['fail', 'pop-fra'],
      ['logs', 'pop-fra'],
      ['down'],
      UP,
    ]) {
      const { code, err } = lab(...args);
      expect([args[0], code, err]).toEqual([
        args[0],
        1,
        expect.stringMatching(/^error: .*no Docker engine[\s\S]*hint: /),
      ]);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  it('when it is back, status says dead, commands say what to type, and up works without a down', async () => {
    await start();
    expect(status()).toMatchObject({ state: 'dead', reason: expect.stringContaining('was restarted') });
    expect(lab('status').out).toMatch(/next: \.\/lab down --name restart, then \.\/lab up/);
    const { code, err } = lab('exec', 'paris', '--', 'true');
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: .*\n(.*\n)*? {2}hint: /)]);
    expect(err).not.toMatch(/\n\s+at /);
    expect(lab(...UP)).toMatchObject({ code: 0 });
    await until('ready', () => status().state === 'ready');
  });

  it('while up is at work, up ends with a sentence; the engine back, down removes what is left', async () => {
    expect(lab('down')).toMatchObject({ code: 0, err: '' });
    const env = { ...process.env, CATCHMENT_LAB_DIR: runner.folder };
    const child = spawn('./lab', UP, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = once(child, 'close');
    const containers = () =>
      spawnSync('docker', ['ps', '--quiet'], { encoding: 'utf8' }).stdout.split('\n').length;
    await until('containers, or its end', () => containers() > 3 || child.exitCode !== null);
    expect(err).toBe('');
    await stop();
    expect(await ended).toEqual([1, null]);
    expect(err).toMatch(
      /^error: the Docker engine on .* was stopped while Compose [\s\S]*hint: +start it again/,
    );
    expect(err).not.toMatch(/\n\s+at .*\d:\d/);
    await start();
    expect(lab('down', '--name', NAME)).toMatchObject({ code: 0, err: '' });
    expect(spawnSync('docker', ['ps', '--all', '--quiet'], { encoding: 'utf8' }).stdout).toBe('');
    const networks = spawnSync('docker', ['network', 'ls', '--filter', 'type=custom', '--quiet'], {
      encoding: 'utf8',
    });
    expect(networks.stdout).toBe('');
  });
});
