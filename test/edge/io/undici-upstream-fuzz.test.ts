// Whatever an origin sends, cut and split anywhere: an answer ends only when all it announced has come, and what came is
// exactly that.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUndiciUpstream } from '../../../src/edge/io/undici-upstream.ts';
import type { Upstream } from '../../../src/edge/upstream.ts';
import { ask, type RawServer, startRawServer } from '../upstream/raw-server.ts';

let server: RawServer;
let upstream: Upstream;
let pieces: Buffer[] = [];

beforeAll(async () => {
  server = await startRawServer((socket) => {
    const left = [...pieces];
    const next = () => {
      const piece = left.shift();
      if (piece === undefined) socket.end();
      else socket.write(piece, () => setImmediate(next));
    };
    next();
  });
  upstream = createUndiciUpstream({
    origin: {
      address: '127.0.0.1',
      port: server.port,
      connectTimeoutMs: 2000,
      headersTimeoutMs: 2000,
      bodyTimeoutMs: 2000,
      connections: 4,
    },
  });
});
afterAll(async () => {
  await upstream.close();
  await server.close();
});

const body = fc.stringMatching(/^[a-z0-9\r\n]{0,60}$/);
const message = fc.oneof(
  body.map((text) => ({ text, bytes: `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}` })),
  fc
    .array(
      body.filter((text) => text !== ''),
      { maxLength: 4 },
    )
    .map((chunks) => ({
      text: chunks.join(''),
      bytes: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
        .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
        .join('')}0\r\n\r\n`,
    })),
);

describe('an answer', () => {
  it('cut anywhere never ends well, whole it does, however it is split', async () => {
    await fc.assert(
      fc.asyncProperty(
        message,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async ({ text, bytes }, cut, split, whole) => {
          const end = whole ? bytes.length : cut % bytes.length;
          const at = split % Math.max(1, end);
          pieces = [bytes.slice(0, at), bytes.slice(at, end)]
            .filter((piece) => piece !== '')
            .map((piece) => Buffer.from(piece));
          const outcome = await ask(upstream);
          if (whole) expect([outcome.body, outcome.failure]).toEqual([text, undefined]);
          else {
            expect(outcome.failure?.status).toBe(502);
            expect(text.startsWith(outcome.body)).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of any bytes at all is an answer or a failure, once, and never an exception', async () => {
    const mutated = fc.tuple(
      message,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(mutated, async ([{ bytes }, changes]) => {
        const wire = Buffer.from(bytes);
        for (const [at, byte] of changes) wire[at % wire.length] = byte;
        pieces = [wire];
        const { events } = await ask(upstream);
        expect(events.filter((event) => event === 'end' || event === 'failure').length).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});
