// Connections beyond the limit: told so in one fixed answer, at once and without reading what they ask, and held only until
// that answer has arrived. Those that would be too many for even that are dropped without a word.

import type { Socket } from 'node:net';

/** Connections that are being told; each is there for limits.lingerMs at most. */
const MAX_TOLD = 1024;
/** Seconds; a client that comes back sooner finds the same. */
const RETRY_AFTER = 5;
const REASON = '{"reason":"too many connections"}\n';
const ANSWER = Buffer.from(
  [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json',
    `Content-Length: ${REASON.length}`,
    'Cache-Control: no-store',
    `Retry-After: ${RETRY_AFTER}`,
    'Connection: close',
    '',
    REASON,
  ].join('\r\n'),
);

export class TurnedAway {
  readonly #lingerMs: number;
  /** When each was told; times of performance.now(). */
  readonly #told = new Map<Socket, number>();

  constructor(lingerMs: number) {
    this.#lingerMs = lingerMs;
  }

  add(socket: Socket): void {
    // What went wrong is no news: 'close' follows.
    socket.on('error', () => {});
    if (this.#told.size >= MAX_TOLD) {
      socket.destroy();
      return;
    }
    this.#told.set(socket, performance.now());
    socket.on('close', () => this.#told.delete(socket));
    socket.end(ANSWER);
    // What the client sends is read and dropped, or a reset would take the answer back.
    socket.resume();
  }

  /** Called about once a second. */
  sweep(nowMs: number): void {
    for (const [socket, sinceMs] of this.#told) if (nowMs - sinceMs > this.#lingerMs) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#told.keys()) socket.destroy();
  }
}
