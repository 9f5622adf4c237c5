// A disk that is full, a real one of 8 MB: the edge answers on and says what is the matter, nothing that is damaged or was
// purged comes back, and it uses the disk again when there is room. Needs root, for the mount.

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgeConfig, fetchOver } from './support/edge-before.ts';
import { type EdgeProcess, startEdgeProcess } from './support/edge-process.ts';
import { response, type ScriptedOrigin, startScriptedOrigin } from './support/scripted-origin.ts';

const DISK = '8m';
/** More than the disk has. */
const TIER_BYTES = 67_108_864;
/** The memory holds a few objects, the disk a hundred and some. */
const CACHE_BYTES = 400_000;
const OBJECT_BYTES = 40_000;

let folder: string;
let disk: string;
let origin: ScriptedOrigin;
let edge: EdgeProcess;
let version: number;

const bodyOf = (path: string, of: number) => Buffer.alloc(OBJECT_BYTES, `version ${of} of ${path} `);

beforeEach(async () => {
  version = 1;
  folder = mkdtempSync(join(tmpdir(), 'catchment-disk-full-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'none', disk]);
  origin = await startScriptedOrigin(
    ({ path }, socket) =>
      void socket.write(response(200, ['Cache-Control: max-age=600'], bodyOf(path, version))),
  );
});
afterEach(async () => {
  await edge.kill();
  await origin.close();
  execFileSync('umount', [disk]);
  rmSync(folder, { recursive: true });
});

async function start(more: object = {}): Promise<void> {
  const config = {
    admin: { address: '127.0.0.1', port: 0 },
    cacheBytes: CACHE_BYTES,
    disk: { directory: join(disk, 'cache'), bytes: TIER_BYTES },
    ...more,
  };
  edge = await startEdgeProcess(folder, edgeConfig(0, origin.port, config));
}

/** The version that is answered, whole; 0 for anything else. */
async function versionOf(path: string): Promise<number> {
  const { status, body, broken } = await fetchOver(false, edge.port, path);
  const of = Number(/^version (\d+)/.exec(body.toString('latin1', 0, 20))?.[1]);
  return status === 200 && !broken && body.equals(bodyOf(path, of)) ? of : 0;
}

const paths = (count: number) => Array.from({ length: count }, (_, i) => `/page/${i}`);

async function versions(of: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (const path of of) found.push(await versionOf(path));
  return found;
}

const tier = async () => (await edge.admin('GET', '/state')).body.store.disk;
const events = () => edge.log.map(({ event, reason }) => `${event} ${reason ?? ''}`);

/** To the last page, whatever the system says of how many are left. */
function fillDisk(): void {
  expect(() => {
    for (;;) appendFileSync(join(disk, 'filler'), Buffer.alloc(4096));
  }).toThrow('ENOSPC');
}

it('an edge on a full disk answers rightly, says so, and uses it again when there is room', async () => {
  await start();
  const all = paths(300);
  const firsts = all.map(() => 1);
  expect(await versions(all)).toEqual(firsts);
  await expect.poll(tier).toMatchObject({ state: 'paused', reason: 'ENOSPC: write' });
  expect(events()).toContain('disk-paused ENOSPC: write');
  // From the memory, from the disk and from the origin.
  expect(await versions(all)).toEqual(firsts);
  expect((await tier()).loaded).toBeGreaterThan(50);
  // A start on a full disk is a start like any other.
  await edge.kill();
  await start();
  expect(await versions(all)).toEqual(firsts);
  expect(await tier()).toMatchObject({ state: 'paused', corrupted: 0 });
  execFileSync('mount', ['-o', 'remount,size=64m', disk]);
  // It tries again after a pause, when something is to be written.
  await expect
    .poll(async () => [await versions(all), (await tier()).state], { timeout: 30_000, interval: 500 })
    .toEqual([firsts, 'ok']);
  expect(events()).toContain('disk-resumed ENOSPC: write');
  await versions(all);
  await sleep(200);
  const asked = origin.requests.length;
  await edge.kill();
  await start();
  expect(await versions(all)).toEqual(firsts);
  expect((await tier()).corrupted).toBeLessThanOrEqual(1);
  expect(origin.requests.length - asked).toBeLessThan(50);
});

it('a purge that a full disk does not take is carried out, and not confirmed', async () => {
  const journal = join(folder, 'disk', 'purges.jsonl');
  await start({ purge: { journal } });
  const all = paths(60);
  await versions(all);
  await expect.poll(async () => (await tier()).queuedBytes).toBe(0);
  fillDisk();
  version = 2;
  const purge = (path: string) =>
    edge.admin('POST', '/purge', { url: path, id: `purge-${all.indexOf(path)}` });
  const replies = [];
  for (const path of all) replies.push(await purge(path));
  const refused = replies.filter(({ status }) => status === 202);
  // The last page of a file takes some more.
  expect(refused.length).toBeGreaterThan(0);
  for (const { body } of refused)
    expect(body).toMatchObject({ confirmed: false, unwritten: expect.stringContaining('ENOSPC') });
  for (const { status, body } of replies) expect(body.confirmed).toBe(status === 200);
  expect((await edge.admin('GET', '/state')).body.purges.unwritten).toBe(refused.length);
  // Carried out they are, all of them.
  expect(await versions(all)).toEqual(all.map(() => 2));
  rmSync(join(disk, 'filler'));
  for (const path of all) {
    const again = await purge(path);
    expect([again.status, again.body.repeated, again.body.confirmed]).toEqual([200, true, true]);
  }
  await edge.kill();
  await start({ purge: { journal } });
  expect(await versions(all)).toEqual(all.map(() => 2));
});

it('no purge that was confirmed is forgotten by a kill on a full disk', async () => {
  const journal = join(folder, 'disk', 'purges.jsonl');
  await start({ purge: { journal } });
  const all = paths(60);
  await versions(all);
  await expect.poll(async () => (await tier()).queuedBytes).toBe(0);
  fillDisk();
  version = 2;
  const confirmed: string[] = [];
  for (const url of all) {
    if ((await edge.admin('POST', '/purge', { url })).status === 200) confirmed.push(url);
  }
  expect(confirmed.length).toBeGreaterThan(5);
  await edge.kill();
  await start({ purge: { journal } });
  expect(await versions(confirmed)).toEqual(confirmed.map(() => 2));
});
