import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TcpFraming } from '../../../src/dns/io/tcp-framing.ts';
import { framed } from './udp-asking.ts';

function messagesOf(framing: TcpFraming): Buffer[] {
  const messages: Buffer[] = [];
  for (let message = framing.next(); message; message = framing.next()) messages.push(Buffer.from(message));
  return messages;
}

/** Cuts at the given places. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test('however a stream is cut, the same messages come out', () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 300, maxLength: 3000 }),
  );
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (messages, places) => {
        const framing = new TcpFraming();
        const got = cut(framed(...messages), places).flatMap((chunk) => {
          framing.push(chunk);
          return messagesOf(framing);
        });
        expect(got).toEqual(messages.map((bytes) => Buffer.from(bytes)));
      },
    ),
  );
});

test('what was not taken yet is not lost when more comes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1 }),
      fc.array(fc.nat()),
      (messages, places) => {
        const framing = new TcpFraming();
        const got: Buffer[] = [];
        for (const chunk of cut(framed(...messages), places)) {
          framing.push(chunk);
          const one = framing.next();
          if (one) got.push(Buffer.from(one));
        }
        expect([...got, ...messagesOf(framing)]).toEqual(messages.map((bytes) => Buffer.from(bytes)));
      },
    ),
  );
});

test('a long message passes byte by byte', () => {
  const framing = new TcpFraming();
  const bytes = framed(Buffer.alloc(20_000, 7));
  for (let i = 0; i < bytes.length - 1; i++) {
    framing.push(bytes.subarray(i, i + 1));
    expect(framing.next()).toBeUndefined();
  }
  framing.push(bytes.subarray(-1));
  expect(framing.next()?.length).toBe(20_000);
});
