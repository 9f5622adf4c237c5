// `./lab origin`: the origin in the foreground, from options or a file.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { runLab } from './run-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'origin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The first line of what it logs, and its end by SIGTERM. */
async function started(...args: string[]) {
  const child = spawn('./lab', ['origin', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  for await (const line of createInterface(child.stdout)) {
    const { event, addresses, admin } = JSON.parse(line) as {
      event: string;
      addresses: { port: number }[];
      admin?: { port: number };
    };
    expect(event).toBe('listening');
    return {
      url: `http://127.0.0.1:${addresses[0]?.port}`,
      admin: `http://127.0.0.1:${admin?.port}`,
      stop: () => {
        child.kill('SIGTERM');
        return ended;
      },
    };
  }
  throw new Error(`./lab origin ended with ${await ended}`);
}

describe('./lab origin', () => {
  it('serves by its options, counts on its admin port, and ends by SIGTERM', async () => {
    const options = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--latency', 'none', '--seed', '7'];
    const { url, admin, stop } = await started(...options);
    const answer = await fetch(`${url}/json/1?max_age=5`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'max-age=5']);
    expect(await (await fetch(`${admin}/requests`)).json()).toMatchObject({});
    expect(await stop()).toBe(0);
  });

  it('serves by a configuration', async () => {
    const config = join(folder, 'origin.json');
    writeFileSync(config, '{"listen": [{"address": "127.0.0.1", "port": 0}]}');
    const { url, stop } = await started('--config', config);
    expect((await fetch(`${url}/bytes/10`)).status).toBe(200);
    expect(await stop()).toBe(0);
  });

  it.each([
    [['--listen', 'localhost'], /expected an address and a port/],
    [['--latency', 'snail'], /latencyProfile/],
    [['--seed', 'x'], /seed/],
    [['--config', '/nowhere/origin.json'], /cannot read the configuration/],
    [['--config', 'a.json', '--latency', 'cdn'], /--config says all/],
  ])('says what is wrong with %j', (args, message) => {
    const { code, err } = runLab(['origin', ...args]);
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});
