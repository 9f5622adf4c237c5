// One connection over which queries come as a stream: TCP (RFC 7766) or TLS (RFC 7858). Queries that come together are answered
// in order and written together. A client that asks but does not read is not read from either; what has not been sent is
// bounded, and so is the time without a whole query (tcp-connections.ts).

import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type PacketHandler, STREAM_REPLY_BYTES, TRANSFER } from './listener.ts';
import type { Connection } from './tcp-connections.ts';
import { TcpFraming } from './tcp-framing.ts';

/** Replies written together. */
const WRITE_BYTES = 2 + STREAM_REPLY_BYTES;
/** Both are shared by all connections: filled and used up within one turn of the event loop. */
const reply = Buffer.alloc(STREAM_REPLY_BYTES);
const frames = Buffer.alloc(2 * WRITE_BYTES);

export interface StreamParts {
  socket: Socket;
  source: Uint8Array;
  transport: 'tcp' | 'dot';
  handler: PacketHandler;
  /** Called with each whole query, and as a transfer goes on. */
  active: () => void;
}

export class StreamConnection implements Connection {
  readonly #parts: StreamParts;
  readonly #framing = new TcpFraming();
  #framesUsed = 0;
  #transferring = false;
  #finished = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    const { socket } = parts;
    socket.on('data', (chunk: Buffer) => {
      this.#framing.push(chunk);
      this.#answer();
    });
    socket.on('drain', () => this.#answer());
    socket.on('error', () => socket.destroy());
  }

  destroy(): void {
    this.#parts.socket.destroy();
  }

  finish(): void {
    if (this.#finished) return;
    // What comes from now on is read and dropped: a socket closed over unread bytes takes its last replies back.
    this.#finished = true;
    this.#parts.socket.end();
    this.#parts.socket.resume();
  }

  #answer(): void {
    const { socket, source, transport, handler, active } = this.#parts;
    while (!this.#finished && !this.#transferring && !socket.writableNeedDrain && !socket.destroyed) {
      const query = this.#framing.next();
      if (!query) break;
      active();
      const bytes = handler.handle(query, query.length, source, transport, reply);
      if (bytes === TRANSFER) {
        this.#flush();
        void this.#transfer(Buffer.from(query));
      } else if (bytes > 0) {
        this.#add(reply, bytes);
      } else {
        // A message that must not be answered has no place on a connection made to ask: end it.
        this.#flush();
        this.finish();
      }
      if (this.#framesUsed >= WRITE_BYTES) this.#flush();
    }
    this.#flush();
    if (this.#finished) return;
    if (this.#transferring || socket.writableNeedDrain) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  async #transfer(query: Buffer): Promise<void> {
    const { socket, source, handler, active } = this.#parts;
    this.#transferring = true;
    try {
      for (const message of handler.transfer(query, query.length, source)) {
        this.#add(message, message.length);
        if (this.#framesUsed < WRITE_BYTES / 2) continue;
        this.#flush();
        // Others are served between two writes, however fast this client reads.
        if (socket.writableNeedDrain) await drained(socket);
        else await nextTurn();
        if (socket.destroyed || this.#finished) return;
        active();
      }
      this.#flush();
    } catch {
      socket.destroy();
    }
    this.#transferring = false;
    this.#answer();
  }

  #add(message: Uint8Array, bytes: number): void {
    frames.writeUInt16BE(bytes, this.#framesUsed);
    frames.set(bytes === message.length ? message : message.subarray(0, bytes), this.#framesUsed + 2);
    this.#framesUsed += 2 + bytes;
  }

  #flush(): void {
    const { socket } = this.#parts;
    if (this.#framesUsed > 0 && !socket.destroyed && !socket.writableEnded)
      socket.write(Buffer.from(frames.subarray(0, this.#framesUsed)));
    this.#framesUsed = 0;
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
