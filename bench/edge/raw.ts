// Malformed requests byte for byte, and an origin that takes anything and keeps what reached it: what a cache lets
// through is what a less careful server behind it may understand otherwise.

import { connect, createServer, type Socket } from 'node:net';

export interface RawOrigin {
  port: number;
  /** What arrived since the last call, one text for each request. */
  take(): string[];
  close(): Promise<void>;
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n\r\nok';

/** Answers every head, whatever it is, and what follows one without a length is the next. */
export async function startRawOrigin(): Promise<RawOrigin> {
  let seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = text.slice(0, end);
        const length = Number(/^content-length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
        const chunked = /^transfer-encoding:.*chunked/im.test(head);
        const last = chunked ? text.indexOf('0\r\n\r\n', end) : end + 4 + length - 5;
        if (chunked ? last < 0 : text.length < end + 4 + length) return;
        seen.push(text.slice(0, last + 5));
        text = text.slice(last + 5);
        socket.write(ANSWER);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as { port: number }).port,
    take: () => {
      const taken = seen.filter((each) => !each.startsWith('GET /ready'));
      seen = [];
      return taken;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** All that comes back within `waitMs` of silence, or until the connection ends. */
export function sendRaw(
  port: number,
  bytes: string,
  waitMs: number,
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    let timer: NodeJS.Timeout;
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), waitMs);
    };
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      wait();
    });
    socket.write(Buffer.from(bytes, 'latin1'));
    wait();
  });
}
