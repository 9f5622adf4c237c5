// What an origin began to say before a purge is history when it ends: it is never stored after the purge.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, type Setting } from './support/edge-before.ts';
import { type Handler, response } from './support/scripted-origin.ts';

let setting: Setting;
let version: number;

/** All of one page: by URL, tag, prefix, host, everything. */
const PURGES = [
  { url: '/page' },
  { tag: 'shop' },
  { prefix: '/pa' },
  { host: 'origin.cdn.test' },
  { all: true },
  { url: '/page', soft: true },
];

beforeEach(async () => {
  version = 1;
  const admin = { address: '127.0.0.1', port: 0 };
  const answer: Handler = async ({ method }, socket) => {
    if (method !== 'GET') {
      version++;
      return void socket.write(response(204, []));
    }
    const body = `version ${version}`.padEnd(20_000, '.');
    const whole = response(200, ['Cache-Control: max-age=600', 'Surrogate-Key: shop all-pages'], body);
    await sleep(Math.random() * 10);
    socket.write(whole.subarray(0, 5000));
    await sleep(Math.random() * 20);
    socket.write(whole.subarray(5000));
  };
  setting = await edgeBefore(answer, { admin, routes: [{ tags: { header: 'surrogate-key' } }] });
});
afterEach(() => setting.close());

async function purge(command: object): Promise<void> {
  const { port } = setting.edge.adminAddress as { port: number };
  const reply = await fetch(`http://127.0.0.1:${port}/purge`, {
    method: 'POST',
    body: JSON.stringify(command),
  });
  const text = await reply.text();
  expect([reply.status, text]).toEqual([200, expect.stringContaining('purged')]);
}

const versionOf = (body: Buffer) => Number(/^version (\d+)/.exec(body.toString())?.[1]);

describe('an object that is changed while it is fetched', () => {
  it('is not stored in its old version, wherever in the fill the change comes', async () => {
    const rounds = Array.from({ length: 25 }, async (_, i) => {
      const path = `/changed/${i}`;
      const filling = Array.from({ length: 3 }, () => setting.get(path));
      await sleep(i * 1.2);
      const changed = await setting.get(path, {}, 'POST');
      expect(changed.status).toBe(204);
      const atLeast = version;
      // From here on nobody who asks may get what was said before the change ended.
      const later = await setting.get(path);
      for (const { status, broken } of await Promise.all(filling))
        expect([status, broken]).toEqual([200, false]);
      const last = await setting.get(path);
      return { path, atLeast, later: versionOf(later.body), last: versionOf(last.body) };
    });
    // Versions are counted over all paths, so a path's own change is at most `version` when its POST came back.
    for (const { path, later, last } of await Promise.all(rounds)) {
      const posted = setting.origin.requests.findIndex(
        (each) => each.path === path && each.method === 'POST',
      );
      const changes = setting.origin.requests
        .slice(0, posted + 1)
        .filter((each) => each.method === 'POST').length;
      expect(later).toBeGreaterThanOrEqual(changes + 1);
      expect(last).toBeGreaterThanOrEqual(changes + 1);
    }
    expect(setting.errors).toEqual([]);
  });
});

describe('an object that is purged while it is fetched', () => {
  it.each(PURGES)('is not kept in its old version: %o', async (command) => {
    for (let i = 0; i < 8; i++) {
      const filling = Array.from({ length: 3 }, () => setting.get('/page'));
      await sleep(i * 2.5);
      version++;
      const atLeast = version;
      await purge(command);
      const later = await Promise.all(Array.from({ length: 3 }, () => setting.get('/page')));
      // What was purged softly may be old while it is being replaced; what is kept of it may not.
      if (!('soft' in command))
        for (const { body } of later) expect(versionOf(body)).toBeGreaterThanOrEqual(atLeast);
      for (const { status, broken } of await Promise.all(filling))
        expect([status, broken]).toEqual([200, false]);
      expect(versionOf((await setting.get('/page')).body)).toBeGreaterThanOrEqual(atLeast);
      await purge({ all: true });
    }
    expect(setting.errors).toEqual([]);
  });
});
