// Bodies that the kernel sends: what arrives is what was to be sent, for clients that read slowly, in the middle, or never,
// and copies go when nobody wants them.

import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KernelCopies } from '../../../src/edge/io/kernel-copies.ts';
import { listenOn } from '../../../src/net/io/listen.ts';
import { startPair } from '../support/edge-and-origin.ts';

/** Own memory, as a stored body has. */
const bodyOf = (bytes: number) => new Uint8Array(randomBytes(bytes));
/** Open files without a name. */
const copiedFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /\/#\d+ \(deleted\)$/.test(readlinkSync(`/proc/self/fd/${fd}`));
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
  await sendWhenCopied(Buffer.from('x'), bodyOf(65_536));
  await received(65_537);
  copies.clear();
});

afterEach(async () => {
  copies.clear();
  await expect.poll(copiedFiles).toBe(0);
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

/** The first time it is asked for, a copy is made. */
async function sendWhenCopied(head: Buffer, body: Uint8Array): Promise<void> {
  await expect.poll(() => copies.send(socket, head, body)).toBe(true);
}

describe('a copy', () => {
  it('is sent with its head, whole, again and again, and made once', async () => {
    const [head, body] = [Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), bodyOf(100_000)];
    await sendWhenCopied(head, body);
    await received(head.length + body.length);
    // More than the first ones of a connection, whose head is sent ahead.
    for (let i = 0; i < 40; i++) {
      expect(copies.send(socket, head, body)).toBe(true);
      expect(await received(head.length + body.length)).toEqual(Buffer.concat([head, body]));
    }
    expect([copies.bytes, copiedFiles()]).toEqual([head.length + body.length, 1]);
  });

  it('is nothing that a response would wait for', async () => {
    const [head, body] = [Buffer.from('head'), bodyOf(100_000)];
    const written = socket.bytesWritten;
    expect([copies.send(socket, head, body), copies.send(socket, head, body)]).toEqual([false, false]);
    expect(socket.bytesWritten).toBe(written);
    await sendWhenCopied(head, body);
    await received(head.length + body.length);
  });

  it('comes whole to a client that reads late, behind others that wait too', async () => {
    const head = Buffer.from('head');
    const body = bodyOf(200_000);
    await sendWhenCopied(head, body);
    let sent = 1;
    for (; sent < 60 && copies.send(socket, head, body); sent++);
    // Far more than the system's buffers take: the last one was cut, and what follows has to wait its turn.
    expect(sent).toBeLessThan(60);
    expect(socket.writableLength).toBeGreaterThan(0);
    socket.write('next');
    const all = Buffer.concat([
      ...Array.from({ length: sent }, () => [head, body]).flat(),
      Buffer.from('next'),
    ]);
    expect((await received(all.length)).equals(all)).toBe(true);
  });

  it('that was dropped while it was on its way arrives as it was', async () => {
    const responses = ['1', '2', '3'].map((head) => [Buffer.from(head), bodyOf(150_000)] as const);
    for (const [head, body] of responses) {
      await sendWhenCopied(head, body);
      copies.clear();
      await expect.poll(copiedFiles).toBe(0);
    }
    const all = Buffer.concat(responses.flat());
    expect((await received(all.length)).equals(all)).toBe(true);
  });

  it('that is dropped before it is written leaves no file behind', async () => {
    for (let i = 0; i < 20; i++) {
      copies.send(socket, Buffer.from(`${i}`), bodyOf(100_000));
      copies.clear();
    }
    await sleep(50);
    await expect.poll(copiedFiles).toBe(0);
  });

  it('is not sent to a client that has gone', async () => {
    const [head, body] = [Buffer.from('head'), bodyOf(100_000)];
    await sendWhenCopied(head, body);
    client.resetAndDestroy();
    await sleep(50);
    copies.send(socket, head, body);
    expect(copies.send(socket, head, body)).toBe(false);
  });
});

describe('copies', () => {
  it('take a bounded amount of memory, and none when their second is over', async () => {
    for (let i = 0; i < 60; i++) copies.send(socket, Buffer.from('h'), bodyOf(1_000_000));
    expect(copies.bytes).toBeGreaterThan(20_000_000);
    expect(copies.bytes).toBeLessThanOrEqual(33_554_432);
    await expect.poll(copiedFiles).toBe(33);
    copies.clear();
    expect(copies.bytes).toBe(0);
    await expect.poll(copiedFiles).toBe(0);
  });

  it('go to memory where the first folder cannot have them', async () => {
    const copied = new KernelCopies(['/proc', '/dev/shm']);
    const [head, body] = [Buffer.from('head'), bodyOf(100_000)];
    await expect
      .poll(() => {
        const sent = copied.send(socket, head, body);
        // A copy that failed is tried again in the next second.
        if (!sent && copiedFiles() === 0) copied.clear();
        return sent;
      })
      .toBe(true);
    expect(await received(head.length + body.length)).toEqual(Buffer.concat([head, body]));
    copied.clear();
  });
});

describe('an edge', () => {
  it('sends hot large hits by them, as they are, with the Age of the moment', async () => {
    const { edge, close } = await startPair();
    try {
      const ask = async () => {
        const answer = await fetch(`http://127.0.0.1:${edge.addresses[0]?.port}/bytes/150000?max_age=600`);
        return { age: answer.headers.get('age'), body: Buffer.from(await answer.arrayBuffer()) };
      };
      const { body } = await ask();
      expect(body).toHaveLength(150_000);
      const results = [];
      const endAt = Date.now() + 2500;
      let copied = 0;
      while (Date.now() < endAt) {
        results.push(...(await Promise.all(Array.from({ length: 8 }, ask))));
        copied = Math.max(copied, copiedFiles());
      }
      expect(results.every((result) => result.body.equals(body))).toBe(true);
      expect(new Set(results.map(({ age }) => age)).size).toBeGreaterThan(1);
      expect(copied).toBeGreaterThan(0);
    } finally {
      await close();
    }
    await expect.poll(copiedFiles).toBe(0);
  });
});
