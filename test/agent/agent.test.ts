// The whole agent as a process, with a real BIRD and a real HTTP service that falls ill, is drained, and recovers.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealBird } from '../routing/support/real-bird.ts';

const MAIN = fileURLToPath(new URL('../../src/agent/main.ts', import.meta.url));
const POLL = { timeout: 10_000, interval: 20 };
const bird = new RealBird();
let status = 200;
const edge = createServer((_, response) => response.writeHead(status).end());
let agent: ChildProcess;
const socketPath = join(bird.folder, 'agent.sock');
const drainFile = join(bird.folder, 'drained');

beforeAll(async () => {
  await bird.start();
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(edge.address() as AddressInfo).port}/healthz`;
  const config = join(bird.folder, 'agent.json');
  writeFileSync(
    config,
    JSON.stringify({
      pop: 'fra',
      birdSocket: bird.socket,
      listen: [{ path: socketPath }],
      services: [
        { name: 'edge', check: { kind: 'http', url }, protocols: ['anycast_http4', 'anycast_http6'] },
      ],
      drainFile,
      health: { intervalMs: 20 },
      targets: [{ prefix: '127.0.0.0/8', address: '127.0.0.1' }],
    }),
  );
  agent = spawn(process.execPath, [MAIN, '--config', config], { stdio: 'ignore' });
});

afterAll(async () => {
  agent.kill('SIGKILL');
  edge.closeAllConnections();
  edge.close();
  await bird.remove();
});

interface State {
  drained: boolean;
  services: { edge: { healthy: boolean; announced: boolean; reason: string } };
}

function get<T>(path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false }, async (response) => {
      resolve(JSON.parse((await response.toArray()).join('')) as T);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const announced = () => bird.protocolState('anycast_http4').catch(() => 'no BIRD');

test('announces once its service has proved healthy, in both families', async () => {
  await expect.poll(announced, POLL).toBe('up');
  await expect.poll(() => bird.protocolState('anycast_http6'), POLL).toBe('up');
  await expect
    .poll(async () => (await get<State>('/state')).services.edge, POLL)
    .toEqual({ healthy: true, announced: true, reason: 'healthy (HTTP 200)' });
});

test('serves the RTTs it measured', async () => {
  const entry = {
    prefix: '127.0.0.0/8',
    rttMs: expect.any(Number),
    measuredAt: expect.any(String),
    samples: expect.any(Number),
  };
  await expect.poll(() => get('/rtt'), POLL).toEqual({ pop: 'fra', entries: [entry] });
});

test('withdraws when the service falls ill, and announces when it is well again', async () => {
  status = 503;
  await expect.poll(announced, POLL).toBe('down');
  await expect
    .poll(async () => (await get<State>('/state')).services.edge.reason, POLL)
    .toContain('HTTP 503');
  status = 200;
  await expect.poll(announced, POLL).toBe('up');
});

test('withdraws while drained, though healthy', async () => {
  writeFileSync(drainFile, '');
  await expect.poll(announced, POLL).toBe('down');
  await expect
    .poll(() => get<State>('/state'), POLL)
    .toMatchObject({
      drained: true,
      services: { edge: { healthy: true, announced: false, reason: 'drained' } },
    });
  rmSync(drainFile);
  await expect.poll(announced, POLL).toBe('up');
});

test('a BIRD that was killed and restarted announces again', async () => {
  await bird.kill();
  await expect
    .poll(async () => (await get<State>('/state')).services.edge.reason, POLL)
    .toContain('BIRD does not answer');
  await bird.start();
  await expect.poll(announced, POLL).toBe('up');
});

test('SIGTERM withdraws before it ends', async () => {
  agent.kill('SIGTERM');
  const [code] = await once(agent, 'exit');
  expect(code).toBe(0);
  expect(await announced()).toBe('down');
});
