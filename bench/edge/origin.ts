// The origin of the bench: each path behaves as it was told to and counts its requests. In the bench's own process, so
// that its clock is the clients'. No two of its answers to a herd are alike, so an answer that was shared is seen. On
// bare sockets, because node:http keeps the first piece of a body back until the second is written.

import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { READY_PATH } from './server.ts';

export interface Behaviour {
  cacheControl: string;
  /** Before anything is sent. */
  delayMs?: number;
  status?: number;
  /** The connection is reset instead of an answer. */
  reset?: boolean;
  /** Body bytes; without, a text with the request's number. */
  bytes?: number;
  /** A piece at once and the rest after this long, in steps. */
  overMs?: number;
}

export interface BenchOrigin {
  port: number;
  behave(path: string, behaviour: Behaviour): void;
  asked(path: string): number;
  /** `performance.now()` when the first byte of the latest answer to the path was written. */
  firstByteAt(path: string): number;
  close(): Promise<void>;
}

const STEPS = 10;

export async function startOrigin(): Promise<BenchOrigin> {
  const behaviours = new Map<string, Behaviour>([[READY_PATH, { cacheControl: 'no-store' }]]);
  const counts = new Map<string, number>();
  const firstBytes = new Map<string, number>();
  const sockets = new Set<Socket>();

  /** Caches send no bodies here, so a request is its head; they wait for an answer before they send the next. */
  function serve(socket: Socket): void {
    let text = '';
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      const [, method = '', path = '/'] = /^(\S+) (\S+)/.exec(text) ?? [];
      text = '';
      void answer(socket, method, path);
    });
  }

  async function answer(socket: Socket, method: string, path: string): Promise<void> {
    const behaviour = behaviours.get(path);
    if (!behaviour) {
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n');
      return;
    }
    const number = (counts.get(path) ?? 0) + 1;
    counts.set(path, number);
    if (behaviour.delayMs) await sleep(behaviour.delayMs);
    if (behaviour.reset) {
      socket.resetAndDestroy();
      return;
    }
    const body = behaviour.bytes ? Buffer.alloc(behaviour.bytes, 97) : Buffer.from(`${path} ${number}\n`);
    const head = [
      `HTTP/1.1 ${behaviour.status ?? 200} Said`,
      `Date: ${new Date().toUTCString()}`,
      'Content-Type: text/plain',
      `Content-Length: ${body.length}`,
      `Cache-Control: ${behaviour.cacheControl}`,
      `ETag: "${number}"`,
    ];
    const headBytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
    const steps = behaviour.overMs ? STEPS : 1;
    const step = method === 'HEAD' ? 0 : Math.ceil(body.length / steps);
    firstBytes.set(path, performance.now());
    socket.write(Buffer.concat([headBytes, body.subarray(0, step)]));
    for (let i = 1; i < steps; i++) {
      await sleep((behaviour.overMs ?? 0) / STEPS);
      socket.write(body.subarray(i * step, (i + 1) * step));
    }
  }

  const server = createServer({ noDelay: true }, serve);
  server.listen(0, '127.0.0.1', 4096);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as { port: number }).port,
    behave: (path, behaviour) => behaviours.set(path, behaviour),
    asked: (path) => counts.get(path) ?? 0,
    firstByteAt: (path) => firstBytes.get(path) ?? Number.NaN,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
