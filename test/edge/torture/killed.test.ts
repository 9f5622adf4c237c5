// kill -9 under load and a new start on the same port: what clients get whole is right, before, during and after.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';
import { edgeConfig, fetchOver, type Reply } from './support/edge-before.ts';
import { response, type ScriptedOrigin, startScriptedOrigin } from './support/scripted-origin.ts';

const PATHS = 40;
const CLIENTS = 20;
const bodyOf = (path: string) => Buffer.from(path.padEnd(30_000, path));

let folder: string;
let origin: ScriptedOrigin;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-killed-'));
  origin = await startScriptedOrigin(async ({ path }, socket) => {
    const whole = response(200, ['Cache-Control: max-age=1'], bodyOf(path));
    socket.write(whole.subarray(0, 10_000));
    await sleep(3);
    socket.write(whole.subarray(10_000));
  });
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await origin.close();
  rmSync(folder, { recursive: true });
});

/** The port it listens on. */
async function startEdgeProcess(port: number): Promise<number> {
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify(edgeConfig(port, origin.port, { cacheBytes: 600_000 })));
  const main = join(PROJECT_FOLDER, 'src/edge/main.ts');
  const argv = ['--disable-warning=ExperimentalWarning', main, '--config', file];
  child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout as NonNullable<ChildProcess['stdout']>) {
    text += chunk;
    const found = /"port":(\d+)/.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  throw new Error(`the edge did not start: ${text}`);
}

describe('an edge killed under load', () => {
  it('gives no wrong answer, and serves again after a new start', async () => {
    const port = await startEdgeProcess(0);
    const replies: [string, Reply][] = [];
    let stop = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let i = 0; !stop; i++) {
        const path = `/killed/${(client * 7 + i) % PATHS}`;
        replies.push([path, await fetchOver(false, port, path)]);
        await sleep(2);
      }
    });
    for (let i = 0; i < 2; i++) {
      await sleep(400);
      const ended = once(child as ChildProcess, 'exit');
      child?.kill('SIGKILL');
      await ended;
      await startEdgeProcess(port);
    }
    await sleep(400);
    const killedAt = replies.length;
    await sleep(300);
    stop = true;
    await Promise.all(clients);
    const whole = replies.filter(([, { status, broken }]) => status === 200 && !broken);
    for (const [path, { body }] of whole) expect(body.equals(bodyOf(path))).toBe(true);
    // Long after the last start there are no failures any more.
    expect(replies.slice(killedAt).every(([, { status, broken }]) => status === 200 && !broken)).toBe(true);
    expect(replies.length).toBeGreaterThan(killedAt);
  });
});
