// A clock that jumps, forth over years and back before the response was made: answers stay whole, ages stay sane, and an
// object that expired once is not fresh again for longer than it was told.

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, type Setting } from './support/edge-before.ts';
import { response } from './support/scripted-origin.ts';

const LIFETIME_S = 60;
let setting: Setting;

beforeEach(async () => {
  setting = await edgeBefore(({ path }, socket) => {
    const fields = [`Cache-Control: max-age=${LIFETIME_S}`, `Date: ${new Date().toUTCString()}`];
    socket.write(response(200, fields, `body of ${path}`));
  });
});
afterEach(() => setting.close());

describe('clock jumps', () => {
  it('leave answers whole and ages sane', async () => {
    let n = 0;
    const jump = fc.oneof(
      fc.integer({ min: -100, max: 100 }),
      fc.integer({ min: -40 * 365 * 86_400, max: 40 * 365 * 86_400 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(jump, { minLength: 1, maxLength: 8 }), async (jumps) => {
        const path = `/jump/${n++}`;
        let moved = 0;
        for (const seconds of jumps) {
          // The clock itself stays within what a Date can say.
          const step = Math.abs(moved + seconds) > 40 * 365 * 86_400 ? 0 : seconds;
          moved += step;
          setting.advance(step);
          const reply = await setting.get(path);
          expect([reply.status, reply.body.toString()]).toEqual([200, `body of ${path}`]);
          const age = Number(reply.headers.age ?? 0);
          expect(Number.isSafeInteger(age) && age >= 0).toBe(true);
          expect(Date.parse(String(reply.headers.date))).not.toBeNaN();
          const ttl = /hit; ttl=(-?\d+)/.exec(reply.cacheStatus)?.[1];
          if (ttl !== undefined) expect(Number(ttl)).toBeLessThanOrEqual(LIFETIME_S);
        }
        setting.advance(-moved);
      }),
      { numRuns: 60 },
    );
    expect(setting.errors).toEqual([]);
  });

  it('back and forth again does not lengthen a life', async () => {
    await setting.get('/life');
    setting.advance(-86_400);
    await setting.get('/life');
    setting.advance(86_400 + LIFETIME_S + 1);
    const reply = await setting.get('/life');
    expect(reply.cacheStatus).toContain('fwd=');
  });
});
