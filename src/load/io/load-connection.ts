// One client connection: a request at a time, over and over (HTTP/1.1 keep-alive, no pipelining). What has no need to be
// fast is left out: no redirects, no request bodies, no TLS.

import { connect, type Socket } from 'node:net';
import type { LoadTarget } from '../load-plan.ts';
import { type ReadResponse, ResponseReader } from '../response-reader.ts';

/** How a request ended, times of performance.now(). */
export interface Exchange {
  sentAt: number;
  firstByteAt: number;
  endAt: number;
  response: ReadResponse | undefined;
  /** Why there is no response: `timeout`, `ECONNREFUSED`, `truncated`, `not-http` and the like. */
  error?: string;
}

export class LoadConnection {
  /** Times a kept connection was closed by the server and opened again. */
  reconnects = 0;
  readonly #target: LoadTarget;
  #socket: Socket | undefined;
  #reader = new ResponseReader();
  #pending:
    | {
        request: string;
        done: (exchange: Exchange) => void;
        sentAt: number;
        firstByteAt: number;
        fresh: boolean;
      }
    | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = 0;

  constructor(target: LoadTarget) {
    this.#target = target;
  }

  get idle(): boolean {
    return this.#pending === undefined;
  }

  /** `request` is the whole head. Only while idle; `done` is called once, never before this returns. */
  send(request: string, timeoutMs: number, done: (exchange: Exchange) => void): void {
    const fresh = this.#socket === undefined;
    this.#pending = { request, done, sentAt: performance.now(), firstByteAt: 0, fresh };
    // A timer for each request costs more than the rest; `refresh` of one that is kept does not.
    if (this.#timer && timeoutMs === this.#timeoutMs) this.#timer.refresh();
    else {
      clearTimeout(this.#timer);
      this.#timeoutMs = timeoutMs;
      this.#timer = setTimeout(() => this.#expired(), timeoutMs);
      this.#timer.unref();
    }
    this.#write(request);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop();
  }

  #write(request: string): void {
    this.#socket ??= this.#open();
    this.#socket.write(request, 'latin1');
  }

  #open(): Socket {
    const { address, port } = this.#target;
    const socket = connect({ host: address, port, noDelay: true });
    this.#reader = new ResponseReader();
    socket.on('data', (bytes: Buffer) => this.#data(socket, bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lost(socket, error.code ?? error.message));
    socket.on('close', () => this.#lost(socket, 'truncated'));
    return socket;
  }

  #data(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    const pending = this.#pending;
    if (!pending) {
      this.#drop();
      return;
    }
    if (pending.firstByteAt === 0) pending.firstByteAt = performance.now();
    try {
      const response = this.#reader.push(bytes);
      if (response) this.#finish(response);
    } catch (error) {
      this.#drop();
      this.#finish(undefined, (error as Error).message);
    }
  }

  #lost(socket: Socket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#drop();
    const pending = this.#pending;
    if (!pending) return;
    const response = pending.firstByteAt === 0 ? undefined : this.#reader.close();
    if (response) {
      this.#finish(response);
      return;
    }
    // The server may close a kept connection in the moment we use it: not a failure, and the time goes on counting.
    if (pending.firstByteAt === 0 && !pending.fresh) {
      this.reconnects++;
      pending.fresh = true;
      this.#write(pending.request);
      return;
    }
    this.#finish(
      undefined,
      pending.firstByteAt === 0 && reason === 'truncated' ? 'closed-without-answer' : reason,
    );
  }

  #expired(): void {
    if (!this.#pending) return;
    this.#drop();
    this.#finish(undefined, 'timeout');
  }

  #finish(response: ReadResponse | undefined, error?: string): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    if (response && !response.keepAlive) this.#drop();
    const { sentAt, firstByteAt } = pending;
    const endAt = performance.now();
    pending.done({
      sentAt,
      firstByteAt: firstByteAt || endAt,
      endAt,
      response,
      ...(error !== undefined && { error }),
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}
