// Bodies that the kernel sends: what arrives is what was to be sent, for clients that read slowly, in the middle, or never,
// and copies go when nobody wants them.

import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KernelCopies } from '../../../src/edge/io/kernel-copies.ts';
import { listenOn } from '../../../src/net/io/listen.ts';

/** Own memory, as a stored body has. */
const bodyOf = (bytes: number) => new Uint8Array(randomBytes(bytes));
const copiedFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('/memfd:body');
    } catch {
      return false;
    }
  }).length;

let server: Server;
let copies: KernelCopies;
let client: Socket;
let socket: Socket;

beforeEach(async () => {
  copies = new KernelCopies();
  const accepted = new Promise<Socket>((resolve) => {
    server = createServer({ noDelay: true }, resolve);
  });
  const { port } = await listenOn(server, { address: '127.0.0.1', port: 0 });
  client = connect({ port, host: '127.0.0.1' });
  socket = await accepted;
  socket.on('error', () => {});
  // The first one that wants a copy has the library loaded.
  const first = bodyOf(65_536);
  await expect.poll(() => copies.send(socket, Buffer.from('x'), first, true)).toBe(true);
  await received(65_537);
});

afterEach(() => {
  vi.useRealTimers();
  copies.close();
  client.destroy();
  socket.destroy();
  server.close();
});

/** The next so many bytes that come to the client. */
async function received(bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const part = client.read() as Buffer | null;
    if (part === null) await new Promise((resolve) => client.once('readable', resolve));
    else {
      parts.push(part);
      length += part.length;
    }
  }
  return Buffer.concat(parts);
}

describe('a copy', () => {
  it('is made when it is wanted, and sent with its head, whole, again and again', async () => {
    const body = bodyOf(100_000);
    const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
    expect(copies.send(socket, head, body, false)).toBe(false);
    const before = copies.bytes;
    for (let i = 0; i < 20; i++) {
      expect(copies.send(socket, head, body, true)).toBe(true);
      expect(await received(head.length + body.length)).toEqual(Buffer.concat([head, body]));
    }
    expect(copies.bytes).toBe(before + body.length);
    // The same memory in another view, as the store gives it.
    expect(copies.send(socket, head, new Uint8Array(body.buffer), false)).toBe(true);
    await received(head.length + body.length);
    // A view on a part of it is another body.
    expect(copies.send(socket, head, body.subarray(1), true)).toBe(false);
  });

  it('comes whole to a client that reads late, behind others that wait too', async () => {
    const bodies = Array.from({ length: 60 }, () => bodyOf(200_000));
    const head = Buffer.from('head ');
    let sent = 0;
    for (const body of bodies) {
      if (copies.send(socket, head, body, true)) sent++;
      else {
        socket.write(head);
        socket.write(body);
      }
    }
    // Far more than the system's buffers take: some were cut, and what followed had to wait its turn.
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(bodies.length);
    const all = Buffer.concat(bodies.flatMap((body) => [head, body]));
    expect((await received(all.length)).equals(all)).toBe(true);
  });

  it('that was dropped while it was on its way arrives as it was', async () => {
    const body = bodyOf(150_000);
    expect(copies.send(socket, Buffer.from('1'), body, true)).toBe(true);
    copies.close();
    expect(copiedFiles()).toBe(0);
    const other = bodyOf(150_000);
    copies.send(socket, Buffer.from('2'), other, true) ||
      socket.write(Buffer.concat([Buffer.from('2'), other]));
    expect(
      (await received(300_002)).equals(
        Buffer.concat(['1', body, '2', other].map((part) => Buffer.from(part as string))),
      ),
    ).toBe(true);
  });

  it('is not sent to a client that has gone', async () => {
    client.resetAndDestroy();
    await sleep(50);
    const body = bodyOf(100_000);
    copies.send(socket, Buffer.from('head'), body, true);
    expect(copies.send(socket, Buffer.from('head'), body, true)).toBe(false);
  });
});

describe('copies', () => {
  it('take a bounded amount of memory', async () => {
    for (let i = 0; i < 60; i++) {
      const body = bodyOf(1_000_000);
      copies.send(socket, Buffer.from('h'), body, true) ||
        socket.write(Buffer.concat([Buffer.from('h'), body]));
      await received(body.length + 1);
    }
    expect(copies.bytes).toBeGreaterThan(20_000_000);
    expect(copies.bytes).toBeLessThanOrEqual(33_554_432);
    expect(copiedFiles()).toBeLessThanOrEqual(33);
  });

  it('go when nobody has asked for them for a while', async () => {
    expect(copiedFiles()).toBe(1);
    copies.sweep();
    expect(copies.bytes).toBeGreaterThan(0);
    await sleep(5200);
    copies.sweep();
    expect(copies.bytes).toBe(0);
    expect(copiedFiles()).toBe(0);
  });
});
