// A herd at the moment of expiry: the origin is asked once, everybody gets a whole answer, and the same again each time.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, type Setting } from './support/edge-before.ts';
import { response } from './support/scripted-origin.ts';

const CLIENTS = 200;
let setting: Setting;
let trouble: 'none' | '503' | 'reset';
let cacheControl: string;

beforeEach(async () => {
  trouble = 'none';
  setting = await edgeBefore(async ({ fields, path }, socket) => {
    await sleep(30);
    if (trouble === 'reset') return void socket.resetAndDestroy();
    if (trouble === '503') return void socket.write(response(503, [], 'no'));
    const same = fields.get('if-none-match') === '"e"';
    socket.write(
      response(same ? 304 : 200, [`Cache-Control: ${cacheControl}`, 'ETag: "e"'], `body of ${path}`),
    );
  });
});
afterEach(() => setting.close());

async function round(path: string): Promise<number> {
  const before = setting.origin.asked(path);
  const replies = await Promise.all(Array.from({ length: CLIENTS }, () => setting.get(path)));
  for (const { status, body } of replies) expect([status, body.toString()]).toEqual([200, `body of ${path}`]);
  return setting.origin.asked(path) - before;
}

describe('a thundering herd at expiry', () => {
  it('asks the origin once, every time', async () => {
    cacheControl = 'max-age=10';
    for (let i = 0; i < 5; i++) {
      expect(await round('/expiring')).toBe(1);
      setting.advance(11);
    }
  });

  it('waits for nobody under stale-while-revalidate, and refreshes once', async () => {
    cacheControl = 'max-age=10, stale-while-revalidate=60';
    await round('/swr');
    for (let i = 0; i < 3; i++) {
      setting.advance(11);
      expect(await round('/swr')).toBeLessThanOrEqual(1);
      await sleep(60);
      expect(setting.origin.asked('/swr')).toBe(2 + i);
    }
  });

  it.each(['503', 'reset'] as const)('gets the stale copy when the origin answers with %s', async (kind) => {
    cacheControl = 'max-age=10, stale-if-error=600';
    await round('/sie');
    setting.advance(11);
    trouble = kind;
    // A kept connection that is reset may be a stale one, so one more try is right.
    expect(await round('/sie')).toBeLessThanOrEqual(2);
    expect(await round('/sie')).toBeLessThanOrEqual(1);
    expect(setting.errors).toEqual([]);
  });
});
