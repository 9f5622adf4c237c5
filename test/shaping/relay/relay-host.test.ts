// The relay's host as it runs in a container: the real program, its UNIX socket, and a loopback underlay.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RelayStats } from '../../../src/shaping/relay/protocol.ts';
import {
  freePort,
  type LoopbackNode,
  loopbackNode,
  NODE_A,
  NODE_B,
  RELAY,
  vniAndText,
  vxlan,
} from './loopback-underlay.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/shaping/relay/host-main.ts', import.meta.url));
const link = {
  name: 'a--b',
  a: { vni: 1, address: NODE_A },
  b: { vni: 2, address: NODE_B },
  aToB: { delayMs: 0 },
  bToA: { delayMs: 0 },
};

let port: number;
let a: LoopbackNode;
let b: LoopbackNode;
beforeAll(async () => {
  port = await freePort();
  [a, b] = await Promise.all([loopbackNode(NODE_A, port), loopbackNode(NODE_B, port)]);
});
afterAll(() => {
  for (const node of [a, b]) node.close();
});

let folder: string;
let host: ChildProcess;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-host-'));
});
afterEach(async () => {
  await stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('the relay host', () => {
  it('is healthy once the links carry frames', async () => {
    await start();
    expect(await ask('GET', '/healthz')).toEqual({
      status: 200,
      body: { status: 'ok', links: 1, restarts: 0 },
    });
    await a.send(vxlan(1, 'hello'));
    expect(vniAndText(await b.next())).toEqual([2, 'hello']);
    const stats = (await ask('GET', '/stats')).body as RelayStats;
    expect(stats.links['a--b']?.aToB.frames).toBe(1);
  });

  it('changes links, one or several', async () => {
    await start();
    await ask('POST', '/set', { link: 'a--b', blackhole: true });
    await a.send(vxlan(1, 'never'));
    await ask('POST', '/set', [
      { link: 'a--b', blackhole: false },
      { link: 'a--b', impairment: { delayMs: 1 } },
    ]);
    await a.send(vxlan(1, 'again'));
    expect(vniAndText(await b.next())).toEqual([2, 'again']);
    expect(((await ask('GET', '/stats')).body as RelayStats).links['a--b']?.aToB.blackholed).toBe(1);
  });

  it('refuses what is no change, with the reason', async () => {
    await start();
    const unknown = await ask('POST', '/set', { link: 'a--c', blackhole: true });
    expect(unknown).toMatchObject({ status: 400, body: { error: expect.stringContaining('nearest: a--b') } });
    expect((await ask('POST', '/set', { link: 'a--b', impairment: { delayMs: 'x' } })).status).toBe(400);
    expect((await ask('GET', '/nowhere')).status).toBe(404);
  });

  it('starts the relay again when it dies, with the links as they are then', async () => {
    await start();
    await ask('POST', '/set', { link: 'a--b', direction: 'aToB', blackhole: true });
    process.kill(relayPid(), 'SIGKILL');
    await healthy({ restarts: 1 });
    await a.send(vxlan(1, 'swallowed'));
    await b.send(vxlan(2, 'passed on'));
    expect(vniAndText(await a.next())).toEqual([1, 'passed on']);
    const stats = (await ask('GET', '/stats')).body as RelayStats;
    expect(stats.links['a--b']?.aToB).toMatchObject({ frames: 0, blackholed: 1 });
  });

  it('takes a change while no relay lives', async () => {
    const command = join(folder, 'no-relay');
    await start({ relayCommand: [command] });
    expect((await ask('GET', '/healthz')).status).toBe(503);
    expect((await ask('GET', '/stats')).status).toBe(503);
    expect((await ask('POST', '/set', { link: 'a--b', blackhole: true })).status).toBe(200);
    const relay = fileURLToPath(new URL('../../../src/shaping/relay/main.ts', import.meta.url));
    writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${relay} "$@"\n`, { mode: 0o755 });
    await healthy({});
    await a.send(vxlan(1, 'swallowed'));
    await b.send(vxlan(2, 'swallowed, too'));
    const counts = async () => {
      const { aToB, bToA } = ((await ask('GET', '/stats')).body as RelayStats).links['a--b'] ?? {};
      return [aToB?.blackholed, bToA?.blackholed];
    };
    await expect.poll(counts).toEqual([1, 1]);
  });

  it('keeps changes over a restart of its container', async () => {
    await start();
    await ask('POST', '/set', { link: 'a--b', impairment: { delayMs: 0, lossPercent: 100 } });
    await stop('SIGKILL');
    await start();
    await a.send(vxlan(1, 'lost'));
    await expect
      .poll(async () => ((await ask('GET', '/stats')).body as RelayStats).links['a--b']?.aToB.lost)
      .toBe(1);
  });

  it('forgets changes of another configuration', async () => {
    await start();
    await ask('POST', '/set', { link: 'a--b', blackhole: true });
    await stop('SIGKILL');
    await start({ links: [{ ...link, aToB: { delayMs: 0.5 } }] });
    await a.send(vxlan(1, 'planned anew'));
    expect(vniAndText(await b.next())).toEqual([2, 'planned anew']);
  });

  it('starts as configured when what was saved cannot be read', async () => {
    writeFileSync(join(folder, 'state'), '{"configuredAs":');
    await start();
    await healthy({});
    expect(lines.join('\n')).toContain('the saved links are not used');
  });

  it('ends at once when told to, and the relay with it', async () => {
    await start();
    const relay = relayPid();
    await stop('SIGTERM');
    expect(host.exitCode).toBe(0);
    await expect.poll(() => isAlive(relay)).toBe(false);
  });

  it('says what is wrong with its configuration and its arguments', async () => {
    const wrongLink = await run({ links: [{ ...link, b: { vni: 1, address: NODE_B } }] });
    expect(wrongLink).toContain('the relay refuses its links');
    expect(await run({ underlay: {} })).toContain('underlay.address');
    expect(await output(['--config', 'x'])).toContain('--config and --socket are needed');
  });
});

function writeConfig(changes: object): string[] {
  const relayCommand = undefined;
  const config = { seed: 1, links: [link], underlay: { address: RELAY, port }, relayCommand, ...changes };
  writeFileSync(join(folder, 'relay.json'), JSON.stringify(config));
  return [
    '--config',
    join(folder, 'relay.json'),
    '--socket',
    join(folder, 'sock'),
    '--state',
    join(folder, 'state'),
  ];
}

/** Starts the program and waits until it has said something or answers. */
async function start(changes: object = {}): Promise<void> {
  lines = [];
  host = spawn(process.execPath, [PROGRAM, ...writeConfig(changes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = createInterface({ input: host.stdout as NodeJS.ReadableStream });
  output.on('line', (line) => lines.push(line));
  for (;;) {
    const answer = await ask('GET', '/healthz').catch(() => undefined);
    if (answer?.status === 200 || (answer && lines.length > 0)) return;
    expect(host.exitCode).toBe(null);
    await sleep(20);
  }
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (!host || host.exitCode !== null || host.signalCode !== null) return;
  host.kill(signal);
  await once(host, 'exit');
}

async function run(changes: object): Promise<string> {
  return output(writeConfig(changes));
}

/** What a program that fails says. */
async function output(argv: string[]): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).not.toBe(0);
  return text;
}

async function healthy(expected: object): Promise<void> {
  await expect
    .poll(() => ask('GET', '/healthz'), { timeout: 10_000 })
    .toMatchObject({ status: 200, body: { status: 'ok', ...expected } });
}

function ask(method: string, path: string, body?: unknown): Promise<{ status?: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: join(folder, 'sock'), method, path, agent: false };
    const outgoing = request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The host's only child. */
function relayPid(): number {
  return Number(readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, 'utf8').trim());
}

/** A process that nobody has waited for yet does not count. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
