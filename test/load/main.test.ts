// The program that runs in client nodes: a plan on standard input, lines on standard output.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

async function run(
  plan: object | string,
): Promise<{ code: number | null; lines: Record<string, unknown>[]; errors: string }> {
  const child = spawn(process.execPath, ['src/load/main.ts'], { stdio: 'pipe' });
  child.stdin.end(typeof plan === 'string' ? plan : JSON.stringify(plan));
  const [out, errors]: string[] = ['', ''];
  const texts = { out, errors };
  child.stdout.on('data', (text) => {
    texts.out += text;
  });
  child.stderr.on('data', (text) => {
    texts.errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = (texts.out ?? '').split('\n').filter((line) => line !== '');
  return { code, lines: lines.map((line) => JSON.parse(line)), errors: texts.errors ?? '' };
}

const plan = (hostname: string, port: number) => ({
  targets: [{ hostname, port, host: 'a.test' }],
  spread: 'round-robin',
  requests: { kind: 'list', paths: ['/'], order: 'sequence' },
  loop: { kind: 'open', ratePerSecond: 100, arrivals: 'constant', mostConnections: 10 },
  durationMs: 200,
  warmUpMs: 0,
  timeoutMs: 5000,
  fields: [],
  spin: false,
  seed: 1,
});

it('resolves names itself and ends with the result', async () => {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { code, lines } = await run(plan('localhost', (server.address() as AddressInfo).port));
  expect(code).toBe(0);
  expect(lines.at(-1)).toMatchObject({ result: { requests: 20 } });
  server.closeAllConnections();
  server.close();
});

it.each([
  ['nonsense', 2, /holds no plan/],
  [plan('10.1.2.3', 80), 1, /neither this machine nor of the lab/],
])('refuses %j', async (given, expected, message) => {
  const { code, errors } = await run(given);
  expect(code).toBe(expected);
  expect(errors).toMatch(message);
});
