// Ten thousand slow clients at once on real sockets (slowloris and slow reading), half sending their heads, half reading
// their answers, a byte at a time: everybody else is served, memory is bounded, and the edge's limits end them all.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgeConfig, fetchOver } from './support/edge-before.ts';
import { type EdgeProcess, startEdgeProcess } from './support/edge-process.ts';
import { response, type ScriptedOrigin, startScriptedOrigin } from './support/scripted-origin.ts';

const WANTED = 10_000;
/** Node.js raises the soft limit to the hard one; the clients are in this process, the edge in its own. */
const [, files = '0'] = /Max open files +\d+ +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
const CLIENTS = Math.min(WANTED, Number(files) - 1000);
/** More than the kernel takes on its own; few of them, since all that it does take is memory of the machine. */
const LARGE_READERS = 200;
const LARGE_BYTES = 8_000_000;
const SMALL_BYTES = 16_000;
/** For each client some 5 kB of a socket, its head or what it does not read, and room for a garbage collector. */
const MAX_GROWTH_BYTES = 200_000_000;
/** Long enough for all of them to be there at once, also on a machine that has other work. */
const LIMITS = {
  connections: 2 * WANTED,
  connectionsPerClient: 2 * WANTED,
  headTimeoutMs: 25_000,
  keepAliveTimeoutMs: 25_000,
  sendTimeoutMs: 25_000,
  minBytesPerSecond: 100_000,
  lingerMs: 200,
};

let folder: string;
let origin: ScriptedOrigin;
let edge: EdgeProcess;
const slow: SlowClient[] = [];

interface SlowClient {
  socket: Socket;
  /** One byte more. */
  step(): void;
  heard(): string;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-slow-'));
  origin = await startScriptedOrigin(({ path }, socket) => {
    const size = path.startsWith('/large') ? LARGE_BYTES : SMALL_BYTES;
    socket.write(response(200, ['Cache-Control: max-age=600'], Buffer.alloc(size, path)));
  });
  const admin = { address: '127.0.0.1', port: 0 };
  edge = await startEdgeProcess(folder, edgeConfig(0, origin.port, { admin, limits: LIMITS }));
});
afterEach(async () => {
  for (const { socket } of slow) socket.destroy();
  await edge.kill();
  await origin.close();
  rmSync(folder, { recursive: true });
});

it(`${CLIENTS} slow clients stand in nobody’s way, and are ended`, { timeout: 120_000 }, async () => {
  if (CLIENTS < WANTED) console.log(`only ${CLIENTS} clients: this process may open ${files} files`);
  for (const path of ['/large', '/small']) expect((await ask(path)).status).toBe(200);
  const before = edge.held();
  for (let i = 0; i < CLIENTS; i += 250) {
    await Promise.all(Array.from({ length: Math.min(250, CLIENTS - i) }, (_, n) => open(i + n)));
  }
  let turn = 0;
  // Each gets its byte once a second, a tenth of them at a time.
  const drip = setInterval(() => {
    for (let i = turn++ % 10; i < slow.length; i += 10) slow[i]?.step();
  }, 100);
  await expect.poll(connections, { timeout: 5000 }).toBe(CLIENTS);
  for (let i = 0; i < 20; i++) {
    const path = i % 2 === 0 ? '/small' : `/new/${i}`;
    const { status, body, broken } = await ask(path);
    expect([status, body.equals(Buffer.alloc(SMALL_BYTES, path)), broken]).toEqual([200, true, false]);
  }
  const peak = edge.held();
  const growth = peak.rssBytes - before.rssBytes;
  console.log(`${CLIENTS} slow clients: ${Math.round(growth / 1e6)} MB more`);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  await expect.poll(connections, { timeout: 60_000, interval: 500 }).toBe(0);
  clearInterval(drip);
  // Those that were still sending were told; sockets are closed, not only forgotten.
  const told = slow.filter(({ heard }) => heard().startsWith('HTTP/1.1 408 ')).length;
  expect(told).toBe(CLIENTS / 2);
  expect(edge.held().files).toBeLessThan(before.files + 20);
  expect((await ask('/small')).status).toBe(200);
  expect(edge.log.filter(({ event }) => event === 'error')).toEqual([]);
});

const ask = (path: string) => fetchOver(false, edge.port, path);
const connections = async () => (await edge.admin('GET', '/state')).body.connections as number;

/** Half send a head; the others read an answer, a few of them a large one. */
function open(number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const sends = number % 2 === 0;
    const reads = number < 2 * LARGE_READERS ? '/large' : '/small';
    const head = `GET ${reads} HTTP/1.1\r\nHost: a.test\r\nX-Slow: ${'a'.repeat(1000)}`;
    let sent = 0;
    let heard = '';
    let taken = 0;
    const client: SlowClient = {
      // A buffer of one byte, and a pause after each: only so much leaves the system's own.
      socket: connect({
        port: edge.port,
        host: '127.0.0.1',
        onread: {
          buffer: Buffer.alloc(sends ? 4096 : 1),
          callback: (bytes, buffer) => {
            taken += bytes;
            if (sends && taken < 4096) heard += Buffer.from(buffer.subarray(0, bytes)).toString('latin1');
            return sends;
          },
        },
      }),
      step() {
        if (this.socket.destroyed) return;
        if (!sends) this.socket.resume();
        else if (heard === '') this.socket.write(head.charAt(sent++));
      },
      heard: () => heard,
    };
    slow.push(client);
    client.socket.on('error', reject);
    client.socket.on('connect', () => {
      if (sends) client.step();
      else client.socket.write(`${head}\r\n\r\n`);
      resolve();
    });
  });
}
