// One client connection: requests one after the other (RFC 9112 section 9.3), each answered before the next is read, so
// that pipelined answers keep their order and nothing is done ahead for a client that does not read. Ends with a
// half-close and a moment of reading on, since a reset would take the last answer back (section 9.6).

import type { Socket } from 'node:net';
import type { NetworkCount } from '../client-networks.ts';
import type { KeptResponses } from '../http1/kept-responses.ts';
import type { Http1Limits } from '../http1/limits.ts';
import { Refusal } from '../http1/refusal.ts';
import { type ReceivedRequest, RequestReader } from '../http1/request-reader.ts';
import { increment } from '../metrics.ts';
import { refusalAnswer } from './client-answer.ts';
import { ClientExchange } from './client-exchange.ts';
import { BODY_TOO_LARGE, ClientReceiving } from './client-receiving.ts';
import { sweepVerdict } from './client-timeouts.ts';
import type { ListenerContext } from './http-listener.ts';
import type { KernelCopies } from './kernel-copies.ts';

/** What all connections of a server share. */
export interface ConnectionHost {
  context: ListenerContext;
  limits: Http1Limits;
  kept: KeptResponses;
  copies: KernelCopies;
  /** No more requests: the next answer on each connection is its last. */
  closing: boolean;
}

/** Pipelined bytes held while an answer is under way. */
const MAX_HELD_BYTES = 16_384;
/** Unread answers beyond this wait, and with them the requests behind. */
const MAX_UNREAD_BYTES = 131_072;

export class ClientConnection {
  readonly host: ConnectionHost;
  readonly socket: Socket;
  readonly clientAddress: string;
  readonly client: NetworkCount;
  readonly #reader: RequestReader;
  /** Bytes that came and are not used yet, from #at on. */
  #held: Buffer | undefined;
  #at = 0;
  /** They are in a buffer that the next read of any connection overwrites. */
  #borrowed = false;
  #exchange: ClientExchange | undefined;
  #receiving: ClientReceiving | undefined;
  #proceeding = false;
  #lingering = false;
  #clientEnded = false;
  #requests = 0;
  /** For timeouts; times of performance.now(). */
  readonly pace = { sinceMs: performance.now(), sent: 0, received: 0, markMs: 0, partialHead: false };

  constructor(host: ConnectionHost, socket: Socket, clientAddress: string) {
    this.host = host;
    this.socket = socket;
    this.clientAddress = clientAddress;
    this.#reader = new RequestReader(host.limits);
    const { metrics, addressKind } = host.context;
    this.client = metrics.clients.of(this.clientAddress, addressKind(socket.localAddress ?? ''));
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#proceed());
    socket.on('close', () => this.#onClose());
    // What went wrong is no news: 'close' follows.
    socket.on('error', () => {});
  }

  get state(): 'idle' | 'head' | 'body' | 'answering' | 'lingering' {
    if (this.#lingering) return 'lingering';
    if (this.#receiving && !this.#receiving.full) return 'body';
    if (this.#exchange || this.#receiving) return 'answering';
    return this.pace.partialHead ? 'head' : 'idle';
  }

  get receivedBodyBytes(): number {
    return this.#receiving?.receivedBytes ?? 0;
  }

  /** Called about once a second: ends what takes too long. */
  sweep(nowMs: number): void {
    const verdict = sweepVerdict(this, nowMs);
    if (verdict === 'close') this.#close();
    else if (verdict === 'destroy') this.socket.destroy();
    else if (verdict === 'forget') this.#reader.forget();
    else if (verdict) this.#refuse(verdict);
  }

  /** Whether this exchange is still the one to be answered: it may have been refused meanwhile. */
  isCurrent(exchange: ClientExchange): boolean {
    return this.#exchange === exchange;
  }

  /** The client has sent less than its whole body, and waits to be told to. */
  get expectsContinue(): boolean {
    return this.#receiving?.expected ?? false;
  }

  /** The answer is out. */
  finished(keepAlive: boolean, nowMs: number): void {
    this.#exchange = undefined;
    this.pace.sinceMs = nowMs;
    this.#receiving?.discard();
    if (!keepAlive) this.#close();
    else if (!this.#proceeding) this.#proceed();
  }

  /** What came from the client; `chunk` is only true during the call (shared-reads.ts). */
  receive(chunk: Buffer): void {
    if (this.#lingering) return;
    const held = this.#held;
    this.#held = held === undefined ? chunk : Buffer.concat([held.subarray(this.#at), chunk]);
    this.#at = 0;
    this.#borrowed = held === undefined;
    this.#use(chunk);
    this.#keep();
  }

  #use(chunk: Buffer): void {
    // A head that comes in crumbs is read again only when another line of it is complete.
    const crumb = this.pace.partialHead && !this.#exchange && !chunk.includes(LF);
    if (crumb && (this.#held?.length ?? 0) < this.host.limits.maxHeadBytes) return;
    this.#proceed();
  }

  /** What is held from now on is our own. */
  #keep(): void {
    if (!this.#borrowed) return;
    this.#borrowed = false;
    if (this.#held === undefined) return;
    this.#held = Buffer.from(this.#held.subarray(this.#at));
    this.#at = 0;
  }

  #onEnd(): void {
    this.#clientEnded = true;
    if (this.#lingering) return;
    if (this.#receiving && !this.#receiving.discarded) this.#refuse(BODY_BROKE_OFF);
    else this.#proceed();
  }

  #onClose(): void {
    this.#receiving?.body.breakOff('the client left before its body was complete');
    this.#held = undefined;
    this.#reader.forget();
  }

  /** Does what can be done with what is there. */
  #proceed(): void {
    if (this.#proceeding) return;
    this.#proceeding = true;
    try {
      while (this.#step());
    } finally {
      this.#proceeding = false;
    }
    this.#adjustFlow();
  }

  /** False when something must come first: bytes, an answer, room. */
  #step(): boolean {
    if (this.#lingering || this.socket.destroyed) return false;
    if (this.#receiving) return this.#receive(this.#receiving);
    if (this.#exchange) return false;
    const held = this.#held;
    if (held === undefined || this.#at >= held.length) {
      this.#held = undefined;
      if (this.#clientEnded) this.#close();
      return false;
    }
    if (this.socket.writableLength > MAX_UNREAD_BYTES) return false;
    const request = this.#reader.read(held, this.#at);
    if (request instanceof Refusal) this.#refuse(request);
    else if (request === undefined) this.#awaitHead();
    else {
      this.pace.partialHead = false;
      this.#at = this.#reader.end;
      if (this.#at === held.length) this.#held = undefined;
      this.#start(request);
      return true;
    }
    return false;
  }

  #awaitHead(): void {
    if (this.#clientEnded) this.#refuse(HEAD_BROKE_OFF);
    else if (!this.pace.partialHead) {
      this.pace.partialHead = true;
      this.pace.sinceMs = performance.now();
    }
  }

  #start(request: ReceivedRequest): void {
    const { context, limits, closing } = this.host;
    const keepAlive = request.keepAlive && !closing && ++this.#requests < limits.requestsPerConnection;
    const exchange = new ClientExchange(this, request, keepAlive);
    this.#exchange = exchange;
    if (request.bodyLength !== 0) {
      const limit = context.maxBodyBytes?.(exchange.request) ?? limits.maxBodyBytes;
      if (request.bodyLength > limit) {
        this.#refuse(BODY_TOO_LARGE);
        return;
      }
      const receiving = new ClientReceiving(request, limit, () => this.#onBodyWanted(receiving));
      this.#receiving = receiving;
      this.pace.markMs = performance.now();
      this.pace.received = 0;
      exchange.request.body = receiving.body;
    }
    exchange.start();
  }

  #onBodyWanted(receiving: ClientReceiving): void {
    if (this.#receiving !== receiving) return;
    if (receiving.expected) {
      receiving.expected = false;
      this.#exchange?.writeInterim('HTTP/1.1 100 Continue\r\n\r\n');
    }
    this.#adjustFlow();
  }

  /** True when the body is complete. */
  #receive(receiving: ClientReceiving): boolean {
    // Whoever reads the body does so later.
    if (!receiving.discarded) this.#keep();
    const held = this.#held;
    if (held === undefined) return false;
    const end = receiving.receive(held, this.#at);
    if (end instanceof Refusal) {
      // After the answer there is nobody to tell.
      if (receiving.discarded) this.#close();
      else this.#refuse(end);
      return false;
    }
    this.#at = end;
    if (end === held.length) this.#held = undefined;
    if (receiving.complete) this.#receiving = undefined;
    return receiving.complete;
  }

  /** Once per connection at most, in the place of an answer; then our half of the connection ends. */
  #refuse(refusal: Refusal): void {
    this.#receiving?.body.breakOff(refusal.reason);
    this.#receiving = undefined;
    this.#held = undefined;
    const waiting = this.#exchange;
    if (waiting?.headWritten) {
      // A second head would be read as the body of the first.
      this.socket.destroy();
      return;
    }
    increment(this.host.context.metrics.badRequests, refusal.reason);
    const exchange = waiting?.replaced() ?? new ClientExchange(this, NO_REQUEST, false);
    this.#exchange = exchange;
    exchange.answer(refusalAnswer(refusal.status, refusal.reason));
  }

  #adjustFlow(): void {
    const receiving = this.#receiving;
    const heldBytes = (this.#held?.length ?? 0) - this.#at;
    const stop = receiving && !receiving.discarded ? receiving.full : heldBytes > MAX_HELD_BYTES;
    if (stop && !this.#lingering) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  /** Ends our side; the client's is read on for a moment. */
  #close(): void {
    if (this.#lingering) return;
    this.#lingering = true;
    this.#receiving?.body.breakOff('the connection ends');
    this.#receiving = undefined;
    this.#held = undefined;
    this.#reader.forget();
    // The moment begins when the answer has gone.
    this.pace.sinceMs = Number.POSITIVE_INFINITY;
    this.socket.end(() => {
      this.pace.sinceMs = performance.now();
    });
    if (this.socket.isPaused()) this.socket.resume();
  }
}

const LF = 0x0a;
const BODY_BROKE_OFF = new Refusal(400, 'body broke off');
const HEAD_BROKE_OFF = new Refusal(400, 'head broke off');

/** Stands for what was refused before it was a request. */
const NO_REQUEST: ReceivedRequest = {
  method: 'GET',
  authority: '',
  pathAndQuery: '',
  minorVersion: 1,
  fields: [],
  bodyLength: 0,
  keepAlive: false,
  expectContinue: false,
};
