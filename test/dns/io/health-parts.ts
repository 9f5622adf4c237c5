// Parts of the health tests: endpoints that behave badly in all the ways that endpoints do, and a log that remembers.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../../src/dns/io/log.ts';

export interface Endpoint {
  port: number;
  /** Connections open now. */
  open(): number;
  close(): Promise<void>;
}

/** A TCP server on loopback, of port 0 or the one given; `serve` gets each connection. */
export async function endpoint(serve: (socket: Socket) => void, port = 0): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
    // Read on to the end, or it would never see that the other side closed.
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Answers each request with these bytes and closes. */
export function answering(reply: string | (() => string)): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(typeof reply === 'string' ? reply : reply()));
}

export function httpReply(status: number, body = '', headers = ''): string {
  return `HTTP/1.1 ${status} X\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

export interface RecordingLog extends Log {
  lines: string[];
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  return { lines, info: write, warn: write };
}

/** Resolves as soon as `condition` holds; the test's own time limit is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
