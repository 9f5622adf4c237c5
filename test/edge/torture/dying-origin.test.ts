// The origin dies in the middle of a body, in every framing and at any byte: clients see a broken transfer, and half a
// body is never stored as a whole (RFC 9112 section 8).

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, type Setting } from './support/edge-before.ts';
import { response } from './support/scripted-origin.ts';

const BODY = Buffer.from(Array.from({ length: 40_000 }, (_, i) => 97 + (i % 26)));
const FRESH = 'Cache-Control: max-age=600, stale-if-error=600';

type Framing = 'length' | 'chunked' | 'longer-length';
let setting: Setting;
/** What the origin does next: undefined is all well. */
let cut: { framing: Framing; at: number; reset: boolean } | undefined;

beforeEach(async () => {
  cut = undefined;
  setting = await edgeBefore((_, socket) => {
    if (!cut) return void socket.write(response(200, [FRESH], BODY));
    const bytes = framed(cut.framing);
    const { reset } = cut;
    socket.write(bytes.subarray(0, Math.max(0, headLength(bytes) + cut.at)), () => {
      // The bytes must leave before the reset, which throws away what is still queued.
      if (reset) setTimeout(() => socket.resetAndDestroy(), 5);
      else socket.end();
    });
  });
});
afterEach(() => setting.close());

function framed(framing: Framing): Buffer {
  if (framing === 'length') return response(200, [FRESH], BODY);
  if (framing === 'longer-length')
    return response(200, [FRESH, `Content-Length: ${BODY.length + 1_000_000}`], BODY);
  const half = BODY.length / 2;
  const chunk = (bytes: Buffer) => `${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n`;
  const text = `${chunk(BODY.subarray(0, half))}${chunk(BODY.subarray(half))}0\r\n\r\n`;
  return response(200, [FRESH, 'Transfer-Encoding: chunked'], text);
}

const headLength = (bytes: Buffer) => bytes.indexOf('\r\n\r\n') + 4;

describe('an origin that dies in the middle of a body', () => {
  it('breaks the transfer off for the client, and nothing of it is stored', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Framing>('length', 'chunked', 'longer-length'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        async (framing, share, reset, clients) => {
          const path = `/dying/${n++}`;
          const length = framed(framing).length - headLength(framed(framing));
          cut = { framing, at: Math.floor(share * (length - 1)), reset };
          const replies = await Promise.all(Array.from({ length: clients }, () => setting.get(path)));
          // No answer at all, a failure of its own, or a visibly broken piece of the body.
          for (const reply of replies) expect(reply.broken || reply.status >= 500).toBe(true);
          cut = undefined;
          const next = await setting.get(path);
          expect([next.status, next.broken, next.body.equals(BODY)]).toEqual([200, false, true]);
          expect(next.cacheStatus).toContain('fwd=uri-miss');
          const hit = await setting.get(path);
          expect([hit.body.equals(BODY), hit.cacheStatus]).toEqual([true, expect.stringContaining('hit')]);
        },
      ),
      { numRuns: 40 },
    );
    expect(setting.errors).toEqual([]);
  });

  it('leaves the copy that was there when a refresh breaks off', async () => {
    await setting.get('/kept');
    setting.advance(700);
    cut = { framing: 'length', at: 20_000, reset: true };
    await setting.get('/kept');
    // Now no answer at all comes: the copy may be served, half of the newer one may not.
    cut = { framing: 'length', at: -1000, reset: true };
    const reply = await setting.get('/kept');
    expect([reply.status, reply.broken, reply.body.equals(BODY)]).toEqual([200, false, true]);
  });
});
