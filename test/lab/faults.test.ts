// What goes wrong around a lab, on `tiny`: killed processes, a killed or interrupted `up`, labs side by side, full and
// read-only disks, wrong input. In every case the lab says what is so, and afterwards nothing is in the way.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import type { LabEvent } from '../../src/runtimes/runtime.ts';
import {
  isReady,
  labRunner,
  printed,
  processesMentioning,
  processesOf,
  processOf,
  serviceIn,
  until,
} from './lab-runner.ts';

const runner = labRunner();
const { folder, lab, json, status } = runner;
afterAll(runner.clear);

const UP = ['up', 'tiny', '--no-compare', '--yes'] as const;
const TINY = join(PROJECT_FOLDER, 'netem/topologies/tiny.yaml');

function up(...options: string[]): void {
  const { code, err } = lab(...UP, ...options);
  expect(code, err).toBe(0);
}

/** Lowest RTT of some pings in milliseconds: what the links add, without what a busy machine adds. */
function pingMs(from: string, to: string): number {
  const { out } = lab('exec', from, '--', 'ping', '-4', '-c', '5', '-i', '0.2', '-W', '5', to);
  const lowest = /min\/avg\/max\/mdev = ([\d.]+)/.exec(out)?.[1];
  if (lowest === undefined) throw new Error(`no answer from ${to}: ${out}`);
  return Number(lowest);
}

describe('kill -9', () => {
  beforeAll(() => up());
  afterAll(() => {
    lab('down');
  });

  const relayPid = () => processOf(runner.initPid('tiny') ?? 0, /\brelay(\.js|\/main\.ts)/);
  const killIn = (target: string) => {
    const pid = serviceIn(status(), target)?.pid ?? 0;
    expect(pid, target).toBeGreaterThan(1);
    // The status gives pids as the lab sees them; the host sees others.
    expect(lab('exec', target.split('/')[0] ?? '', '--', 'kill', '-9', String(pid)).code, target).toBe(0);
    return pid;
  };

  it.each([
    't2-fra/bird',
    'pop-fra/bird',
    'isp-paris/unbound',
    'pop-fra/dns',
    'pop-fra/edge',
    'pop-fra/agent',
    'origin/origin',
    'root/dns',
  ])('of %s is told, and it is started again', async (target) => {
    await until('ready before', () => isReady(status()));
    const restartsBefore = serviceIn(status(), target)?.restarts ?? 0;
    const pid = killIn(target);
    await until(`${target} works again`, () => {
      const now = status();
      const service = serviceIn(now, target);
      // Whatever moment this is: what is called healthy is not the process that is gone, and what is not has a reason.
      if (service?.healthy) expect(service.pid).not.toBe(pid);
      else expect([now.state, service?.reason]).toEqual(['degraded', expect.stringMatching(/./)]);
      return service?.healthy === true && service.restarts > restartsBefore;
    });
    await until('ready again', () => isReady(status()));
    const lines = lab('events', '--json').out.trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as LabEvent);
    const about = events.filter((event) => event.subject === target).map((event) => event.kind);
    expect(about.slice(-2)).toEqual(['service-died', 'service-restarted']);
    expect(lab('catchment').out).toContain('3 of 3 measured catchments are as predicted');
  });

  it('of the relay leaves every link its delay, changed ones too, and silent ones silent', async () => {
    if (status().shaping !== 'relay') return; // netem is in the kernel: nothing to kill
    json('link', 'amsterdam--isp-amsterdam', '--delay', '30ms');
    expect(pingMs('amsterdam', 'resolver')).toBeGreaterThanOrEqual(60);
    const delays = status().links.map(({ name, aToB, bToA }) => ({ name, aToB, bToA }));
    expect(lab('fail', 'dublin--isp-dublin').code).toBe(0);

    process.kill(relayPid(), 'SIGKILL');
    await until('the relay is back', () => {
      const now = status();
      const up = now.links.filter((link) => link.state === 'up').length;
      // Without a relay no link passes anything, and the lab says so.
      if (up === 0) expect(now.state).toBe('degraded');
      return up === now.links.length - 1;
    });
    await until('ready again', () => isReady(status()));
    expect(status().links.map(({ name, aToB, bToA }) => ({ name, aToB, bToA }))).toEqual(delays);
    const changed = pingMs('amsterdam', 'resolver');
    expect(changed).toBeGreaterThanOrEqual(60);
    expect(changed).toBeLessThan(120);
    const silent = lab('exec', 'dublin', '--', 'ping', '-4', '-c', '2', '-W', '1', 'resolver');
    expect(silent.code).not.toBe(0);

    expect(lab('restore', 'dublin--isp-dublin').code).toBe(0);
    json('link', 'amsterdam--isp-amsterdam', '--delay', '2ms');
    expect(pingMs('dublin', 'resolver')).toBeGreaterThan(0);
  });

  it.each(['silent', 'clean'])('of what is failed (%s) does not bring it back', async (how) => {
    await until('ready before', () => isReady(status()));
    const pid = serviceIn(status(), 'pop-fra/edge')?.pid;
    expect(lab('fail', 'pop-fra/edge', '--how', how).code).toBe(0);
    if (how === 'silent') lab('exec', 'pop-fra', '--', 'kill', '-9', String(pid));
    await until('stopped', () => serviceIn(status(), 'pop-fra/edge')?.state === 'stopped');
    // The agent withdraws HTTP: time in which a supervisor that revives would have done so.
    await until('HTTP withdrawn', () => status().pops[0]?.announced.join() === 'anycast-dns');
    expect(serviceIn(status(), 'pop-fra/edge')).toMatchObject({ state: 'stopped', healthy: false });
    expect(lab('restore', 'pop-fra/edge').code).toBe(0);
    await until('ready again', () => isReady(status()));
  });

  it("of the lab's first process ends it; status says dead, down cleans, up works", async () => {
    const init = runner.initPid('tiny') ?? 0;
    const processes = processesOf(init);
    expect(processes.length).toBeGreaterThan(20);
    process.kill(init, 'SIGKILL');
    await until('every process gone', () => processes.every((pid) => !existsSync(`/proc/${pid}/exe`)));
    expect(status().state).toBe('dead');
    expect(lab('exec', 'paris', '--', 'true')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/was killed[\s\S]*\.\/lab down/),
    });
    expect(lab('down').code).toBe(0);
    expect(readdirSync(join(folder, 'tiny'))).toEqual(['logs']);
    up();
    await until('ready', () => isReady(status()));
  });

  it('up works on what a killed lab left, without a down', async () => {
    process.kill(runner.initPid('tiny') ?? 0, 'SIGKILL');
    await until('dead', () => status().state === 'dead');
    up();
    await until('ready', () => isReady(status()));
  });

  it('the followers of events end with the lab', async () => {
    const follower = runner.start('events', '-f');
    await printed(follower, /started/);
    const ended = endOf(follower);
    expect(lab('down').code).toBe(0);
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });
});

describe('an up that is cut short', () => {
  afterEach(() => {
    lab('down', '--all');
  });

  const moments: [string, (child: ChildProcess) => Promise<unknown>][] = [
    ['when its folder appears', () => until('folder', () => existsSync(join(folder, 'cut')))],
    ['when its first process runs', () => until('init', () => runner.initPid('cut') !== undefined)],
    ['when its nodes are there', (child) => printed(child, /processes started/)],
    ['when its services are', (child) => printed(child, /healthy/)],
  ];

  it.each(moments)('by Ctrl-C %s leaves nothing', async (_when, moment) => {
    const child = runner.start(...UP, '--name', 'cut');
    const ended = endOf(child);
    await moment(child);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    await until('no process left', () => processesMentioning(folder).length === 0);
    expect(readdirSync(join(folder, 'cut')).filter((entry) => entry !== 'logs')).toEqual([]);
    expect(lab('status').err).toContain('no lab is running');
    rmSync(join(folder, 'cut'), { recursive: true });
  });

  it('by kill -9 leaves a lab that tells so, that down removes, and up works again', async () => {
    const child = runner.start(...UP, '--name', 'cut');
    const ended = endOf(child);
    await until('init', () => runner.initPid('cut') !== undefined);
    child.kill('SIGKILL');
    await ended;
    const init = runner.initPid('cut') ?? 0;
    expect(['starting', 'degraded', 'ready']).toContain(status().state);
    expect(lab(...UP, '--name', 'cut')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has not become ready[\s\S]*\.\/lab down --name cut/),
    });
    const processes = processesOf(init);
    expect(lab('down').code).toBe(0);
    expect(processes.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
    expect(readdirSync(join(folder, 'cut'))).toEqual(['logs']);
    up('--name', 'cut');
  });
});

describe('several labs', () => {
  beforeAll(() => {
    up('--name', 'one');
    up('--name', 'two');
  });
  afterAll(() => {
    lab('down', '--all');
  });

  it('run side by side and are told apart by --name', async () => {
    for (const name of ['one', 'two']) {
      await until(`${name} is ready`, () => isReady(status('--name', name)));
      expect(status('--name', name).name).toBe(name);
      expect(lab('exec', '--name', name, 'paris', '--', 'ping', '-c1', '-W5', 'resolver').code).toBe(0);
    }
    expect(lab('status')).toMatchObject({ code: 2, err: expect.stringMatching(/one, two[\s\S]*--name one/) });
    expect(lab('down')).toMatchObject({ code: 2, err: expect.stringMatching(/--name one|--all/) });
    expect(lab('status', '--name', 'tow')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--name two'),
    });
  });

  it('of one name with another plan are refused with what to type', () => {
    expect(lab(...UP, '--name', 'two', '--seed', '7')).toMatchObject({
      code: 1,
      err: expect.stringContaining('./lab down --name two'),
    });
    expect(status('--name', 'two').state).not.toBe('dead');
  });

  it('started at the same moment under one name: one comes up, the other is refused', async () => {
    const both = [1, 2].map(() => endOf(runner.start(...UP, '--name', 'three')));
    const ends = await Promise.all(both);
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(ends.find(({ code }) => code === 1)?.err).toMatch(/hint:/);
    await until('it is ready', () => isReady(status('--name', 'three')));
    expect(lab('down', '--name', 'three').code).toBe(0);
  });

  it('go down one at a time', () => {
    expect(json('down', '--name', 'one')).toEqual({ removed: ['one'] });
    expect(status().name).toBe('two');
  });
});

describe('disks and permissions', () => {
  /** `up` with a lab folder of its own kind, in a mount namespace. */
  const upOn = (mountOptions: string) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk, { recursive: true });
    const script = `mount -t tmpfs -o ${mountOptions} tmpfs "$CATCHMENT_LAB_DIR" && "$0" "$@"; code=$?
      "$0" status >&2; find "$CATCHMENT_LAB_DIR" -type f; exit $code`;
    const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const argv = [...root, '--mount', 'sh', '-c', script, join(PROJECT_FOLDER, 'lab'), ...UP, '--quiet'];
    const env = { ...process.env, CATCHMENT_LAB_DIR: disk };
    const { status: code, stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', env });
    return { code, out: stdout, err: stderr };
  };

  it.each([
    ['full', 'size=64k', /the disk is full[\s\S]*hint: .*free space/],
    ['read-only', 'ro', /cannot write[\s\S]*hint: .*CATCHMENT_LAB_DIR/],
  ])('a %s disk is a sentence with a hint; nothing is started or left', (_what, mountOptions, sentence) => {
    const { code, out, err } = upOn(mountOptions);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(err).not.toMatch(/\n\s+at /);
    expect(err).toContain('no lab is running');
    expect(out).toBe('');
  });

  it('a file where the folder should be is a sentence with a hint', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const env = { ...process.env, CATCHMENT_LAB_DIR: file };
    const { status: code, stderr } = spawnSync(join(PROJECT_FOLDER, 'lab'), UP, { encoding: 'utf8', env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: cannot write the lab's files[\s\S]*hint: .*CATCHMENT_LAB_DIR/);
    expect(stderr).not.toMatch(/\n\s+at /);
    rmSync(file);
  });
});

describe('wrong input starts nothing', () => {
  beforeAll(() => rmSync(join(folder, 'tiny'), { recursive: true, force: true })); // logs of earlier labs
  afterEach(() => {
    expect(lab('status').err).toContain('no lab is running');
  });

  it('a wrong topology: every error at once, each with its line and a hint', () => {
    const file = join(folder, 'wrong.yaml');
    const text = readFileSync(TINY, 'utf8')
      .replace('cdn: {asn: 64500}', 'cdn: {asn: 64496}')
      .replace('fra: {providers: [t1]}', 'fraa: {providers: [t1]}')
      .replace('upstreams: [t1@lon]', 'upstreams: [t9@lon]');
    writeFileSync(file, text);
    const { code, err } = lab('up', file);
    expect(code).toBe(1);
    const line = (part: string) => text.split('\n').findIndex((each) => each.includes(part)) + 1;
    for (const part of ['cdn: {asn: 64496}', 'fraa:', 't9@lon'])
      expect(err).toContain(`wrong.yaml:${line(part)}`);
    expect(err.match(/^error:/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(err.match(/hint:/g)?.length).toBeGreaterThanOrEqual(3);
    expect(existsSync(join(folder, 'tiny'))).toBe(false);
    rmSync(file);
  });

  it.each([
    ['an unknown command', ['upp'], /no command "upp"[\s\S]*hint: +\.\/lab up/],
    ['an unknown topology', ['up', 'tinny'], /tinny[\s\S]*hint: .*tiny/],
    ['an unknown option', ['up', '--dryrun'], /--dry-run/],
    ['an unknown value', ['up', 'tiny', '--timers', 'fats'], /fast, default, internet/],
    ['a name that is no name', ['up', 'tiny', '--name', '../evil'], /cannot name a lab[\s\S]*hint:/],
  ])('%s is exit 2 with what is right', (_what, argv, sentence) => {
    const { code, err } = lab(...argv);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
    expect(readdirSync(folder)).not.toContain('tiny');
  });

  it('a dry run prints the plan and starts nothing', () => {
    const { code, out } = lab('up', 'tiny', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/14 nodes, 16 links[\s\S]*Nothing is started/);
    const plan = json<{ nodes: unknown[]; links: unknown[] }>('up', 'tiny', '--dry-run');
    expect([plan.nodes.length, plan.links.length]).toEqual([14, 16]);
    expect(existsSync(join(folder, 'tiny'))).toBe(false);
    expect(processesMentioning(folder)).toEqual([]);
  });
});

describe('on a running lab', () => {
  beforeAll(() => up());
  afterAll(() => {
    lab('down');
  });

  it.each([
    ['exec', ['exec', 'pariss', '--', 'true'], /no node "pariss"[\s\S]*paris/],
    ['fail', ['fail', 'pop-fre'], /no target "pop-fre"[\s\S]*pop-fra/],
    ['fail a service', ['fail', 'pop-fra/egde'], /pop-fra\/edge/],
    ['link', ['link', 'paris--isp-pariss'], /paris--isp-paris/],
    ['logs', ['logs', 'pop-frs'], /pop-fra/],
    ['capture', ['capture', 'dubln'], /dublin/],
    ['--name', ['status', '--name', 'tinny'], /--name tiny/],
  ])('%s of an unknown name is exit 2 with the nearest names', (_what, argv, sentence) => {
    const { code, err } = lab(...argv);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
  });

  it('link --delay changes the RTT of what is on its way from now on', () => {
    const before = pingMs('paris', 'resolver');
    expect(before).toBeLessThan(50);
    expect(lab('link', 'paris--isp-paris', '--delay', '50').code).toBe(0);
    const after = pingMs('paris', 'resolver');
    expect(after).toBeGreaterThanOrEqual(100);
    expect(after).toBeLessThan(150);
    expect(lab('link', 'paris--isp-paris', '--delay', '2ms').code).toBe(0);
    expect(pingMs('paris', 'resolver')).toBeLessThan(50);
  });
});

function endOf(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
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
