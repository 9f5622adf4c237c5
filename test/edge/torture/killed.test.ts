// kill -9 under load and a new start on the same port: what clients get whole is right, before, during and after.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeConfig, fetchOver, type Reply } from './support/edge-before.ts';
import { type EdgeProcess, startEdgeProcess } from './support/edge-process.ts';
import { response, type ScriptedOrigin, startScriptedOrigin } from './support/scripted-origin.ts';

const PATHS = 40;
const CLIENTS = 20;
const bodyOf = (path: string) => Buffer.from(path.padEnd(30_000, path));

let folder: string;
let origin: ScriptedOrigin;
let edge: EdgeProcess;

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
  await edge.kill();
  await origin.close();
  rmSync(folder, { recursive: true });
});

describe('an edge killed under load', () => {
  it('gives no wrong answer, and serves again after a new start', async () => {
    const start = (port: number) =>
      startEdgeProcess(folder, edgeConfig(port, origin.port, { cacheBytes: 600_000 }));
    edge = await start(0);
    const { port } = edge;
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
      await edge.kill();
      edge = await start(port);
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
