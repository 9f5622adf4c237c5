// Every command on a real lab, as a process: what it prints, as JSON where programs read it, and how it ends.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'catchment-cli-lab-'));
const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
const env = { ...inherited, CATCHMENT_LAB_DIR: folder };

function lab(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(join(PROJECT, 'lab'), args, { encoding: 'utf8', env });
  return { code: status, out: stdout, err: stderr };
}
const json = (...args: string[]) => JSON.parse(lab(...args, '--json').out);

let up: { name: string; alreadyRunning: boolean; comparison: { clients: unknown[]; verdict: string } };
beforeAll(() => {
  const result = lab('up', 'tiny', '--name', 'cli', '--json', '--yes');
  expect(result.code, result.err).toBe(0);
  up = JSON.parse(result.out);
});
afterAll(() => {
  lab('down', '--all');
  rmSync(folder, { recursive: true, force: true });
});

describe('up', () => {
  test('gives the lab and its first comparison as one JSON object', () => {
    expect(up).toMatchObject({ name: 'cli', alreadyRunning: false });
    expect(up.comparison.clients).toHaveLength(3);
    expect(up.comparison.verdict).toContain('best POP');
  });

  test('prints plain lines in a pipe and what to type next', () => {
    const { code, out, err } = lab('up', 'tiny', '--name', 'cli');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^· lab cli runs already: nothing changed/);
    expect(out).toContain('./lab down');
  });

  test('of another plan under the same name is refused with what to type', () => {
    const { code, err } = lab('up', 'tiny', '--name', 'cli', '--timers', 'internet');
    expect(code).toBe(1);
    expect(err).toContain('./lab down --name cli');
  });
});

test('status has the shape that programs rely on', async () => {
  // On a busy machine a health check may be late just now.
  await vi.waitFor(() => expect(json('status').state).toBe('ready'), { timeout: 30_000, interval: 500 });
  const status = json('status');
  expect(status).toMatchObject({ name: 'cli', topology: 'tiny', runtime: 'netns', state: 'ready' });
  expect(['netem', 'relay']).toContain(status.shaping);
  for (const node of status.nodes) {
    expect(node).toMatchObject({
      name: expect.any(String),
      kind: expect.any(String),
      city: expect.any(String),
      asn: expect.any(Number),
    });
    for (const service of node.services) expect(service).toMatchObject({ state: 'running', healthy: true });
  }
  expect(status.pops[0]).toMatchObject({
    name: 'pop-fra',
    city: 'Frankfurt',
    healthy: true,
    announced: ['anycast-http', 'anycast-dns'],
  });
  expect(lab('status', '--links').out).toMatch(/^paris--isp-paris +up +2 ms/m);
});

describe('exec', () => {
  test('ends as the command does and passes its options on', () => {
    expect(lab('exec', 'paris', '--', 'sh', '-c', 'echo "$1"; exit 7', 'sh', '--help')).toEqual({
      code: 7,
      out: '--help\n',
      err: '',
    });
    expect(lab('exec', 'paris', '--', 'hostname').out).toBe('paris\n');
  });

  test('at an unknown node is wrong usage', () => {
    expect(lab('exec', 'pariss', '--', 'true')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected: paris'),
    });
  });
});

describe('links', () => {
  const link = () =>
    json('status').links.find((each: { name: string }) => /^(isp-)?paris--(isp-)?paris$/.test(each.name));

  test('change in one direction or both, and are shown', () => {
    const { name } = link();
    expect(json('link', name, '--to', 'paris', '--delay', '12ms')).toMatchObject({ state: 'up' });
    const delays = [link().aToB.delayMs, link().bToA.delayMs].sort((a, b) => a - b);
    expect(delays[1]).toBe(12);
    expect(delays[0]).toBeLessThan(12);
    const after = json('link', name, '--delay', '1ms', '--loss', '0');
    expect([after.aToB.delayMs, after.bToA.delayMs]).toEqual([1, 1]);
    expect(lab('link', name, '--up', '--down').code).toBe(2);
  });
});

describe('failures', () => {
  test('of what is not failed or cannot fail so are refused in a sentence', () => {
    expect(lab('restore', 'pop-fra')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: .*not failed/),
    });
    expect(lab('fail', 'paris', '--how', 'drain')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: .*drained/),
    });
    expect(lab('fail', 'pop-fra/egde')).toMatchObject({
      code: 2,
      err: expect.stringContaining('pop-fra/edge'),
    });
  });
});

test('logs of a service, and of all of a node with their names before each line', () => {
  expect(lab('logs', 'pop-fra/dns', '-n', '1').out).toMatch(/^\{.*"service":"dns".*\}\n$/);
  expect(lab('logs', 'pop-fra').out).toMatch(/^bird: /m);
});

test('stats are one JSON object, with --watch one a line until Ctrl-C', async () => {
  const service = {
    node: expect.any(String),
    cpuPercent: expect.any(Number),
    memoryBytes: expect.any(Number),
  };
  const { services, total } = json('stats');
  expect(services).toContainEqual({ ...service, service: 'edge', node: 'pop-fra' });
  expect(total.memoryBytes).toBeGreaterThan(services[0].memoryBytes);
  const child = spawn(join(PROJECT, 'lab'), ['stats', '--watch', '--json'], { env });
  const first = await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(JSON.parse(String(first).split('\n')[0] ?? '')).toMatchObject({ total: expect.anything() });
  child.kill('SIGINT');
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
});

test('events are NDJSON with --json', () => {
  const events = lab('events', '--json')
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map((event) => event.kind)).toContain('started');
  for (const event of events)
    expect(event).toMatchObject({ at: expect.any(String), message: expect.any(String) });
});

test('events -f ends well on Ctrl-C', async () => {
  const child = spawn(join(PROJECT, 'lab'), ['events', '-f'], { env });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
});

test('capture writes packets of one node to a file', async () => {
  const file = join(folder, 'paris.pcap');
  const child = spawn(join(PROJECT, 'lab'), ['capture', 'paris', '-c', '1', '--filter', 'icmp', '-w', file], {
    env,
  });
  const listening = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk) => String(chunk).includes('listening') && resolve());
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await listening;
  lab('exec', 'paris', '--', 'ping', '-4', '-c', '1', '-W', '1', 'resolver');
  expect(await ended).toBe(0);
  expect(readFileSync(file).length).toBeGreaterThan(24);
});

test('explain tells the decision and its reason', () => {
  expect(json('explain', 'dns', '--client', 'paris', '--name', 'nearest.cdn.test')).toMatchObject({
    name: 'nearest.cdn.test',
    decision: { pops: ['pop-lon'], policy: 'nearest' },
  });
  expect(lab('explain', 'dns', '--client', 'pariss').code).toBe(2);
});

test('completion knows the names of the lab', () => {
  expect(lab('__complete', '--', 'exec', 'am').out).toBe('amsterdam\n');
  expect(lab('__complete', '--', 'fail', 'pop-fra/d').out).toBe('pop-fra/dns\n');
});

describe('measuring', () => {
  test('compare gives one object and writes a report', () => {
    const comparison = json('compare', '--clients', 'paris', '--samples', '2');
    expect(comparison).toMatchObject({
      topology: 'tiny',
      family: 4,
      clients: [{ name: 'paris', best: { pop: 'pop-fra' } }],
    });
    const { page } = json('report');
    expect(existsSync(page)).toBe(true);
    expect(lab('report', '--table').out).toContain('Paris');
    expect(lab('compare', '--clients', 'pariss').code).toBe(2);
  });

  test('catchments are as predicted, also while a POP is down', () => {
    expect(lab('catchment').out).toContain('3 of 3 measured catchments are as predicted');
    lab('fail', 'pop-fra', '--how', 'clean');
    try {
      expect(json('catchment', '--predicted').map((row: { predicted: string }) => row.predicted)).toEqual([
        'pop-lon',
        'pop-lon',
        'pop-lon',
      ]);
    } finally {
      lab('restore', 'pop-fra');
    }
  });
});

test('down says what is gone', () => {
  expect(json('down')).toEqual({ removed: ['cli'] });
});
