// A hot object is serialised once a second and not once a request, as the store gives it: packed, its fields and body
// made anew whenever they are read.

import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { answerFromStore } from '../../../src/edge/answers.ts';
import { KeptResponses } from '../../../src/edge/http1/kept-responses.ts';
import type { ConnectionHost } from '../../../src/edge/io/client-connection.ts';
import { respondFromKept } from '../../../src/edge/io/client-kept.ts';
import { KernelCopies } from '../../../src/edge/io/kernel-copies.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import { responseHead, storedResponse } from '../../../src/edge/stored-response.ts';

const NOW = 1_700_000_000_000;
const TO = { method: 'GET', minorVersion: 1, keepAlive: true } as const;

function hitWriter(bytes: number) {
  const store = createMemoryStore({ cacheBytes: 1e7, now: () => NOW });
  const fields = ['Cache-Control', 'max-age=60', 'Content-Type', 'text/plain'];
  const received = { status: 200, fields, requestFields: [], requestTimeMs: NOW, responseTimeMs: NOW };
  store.put('k', storedResponse(responseHead(received), [Buffer.alloc(bytes, 'x')], bytes));
  const host = {
    context: { pop: 'fra', pseudonym: 'catchment-fra' },
    kept: new KeptResponses(),
    copies: new KernelCopies(),
  } as unknown as ConnectionHost;
  const socket = new Socket();
  const write = vi.spyOn(socket, 'write').mockReturnValue(true);
  return {
    written: () => write.mock.calls.map(([chunk]) => chunk),
    hit: () => {
      const [stored] = store.get('k');
      if (!stored) throw new Error('not stored');
      const request = { method: 'GET', authority: 'a', pathAndQuery: '/', fields: [], clientAddress: '::1' };
      const answer = answerFromStore(request, stored, { hit: true, ttl: 60 }, NOW);
      return respondFromKept(socket, host, answer, TO);
    },
  };
}

it('writes the very same bytes for two hits within a second', () => {
  vi.useFakeTimers({ now: NOW });
  try {
    const { hit, written } = hitWriter(1000);
    expect(hit()).toMatchObject({ bytes: 1000, keepAlive: true });
    hit();
    expect(written()).toHaveLength(2);
    expect(written()[1]).toBe(written()[0]);
    vi.setSystemTime(NOW + 1000);
    hit();
    expect(written()[2]).not.toBe(written()[0]);
  } finally {
    vi.useRealTimers();
  }
});

it('writes the same head and body of a large one', () => {
  vi.useFakeTimers({ now: NOW });
  try {
    const { hit, written } = hitWriter(100_000);
    hit();
    hit();
    const [head, body, headAgain, bodyAgain] = written();
    expect([headAgain === head, bodyAgain === body]).toEqual([true, true]);
    expect((body as Uint8Array).length).toBe(100_000);
  } finally {
    vi.useRealTimers();
  }
});
