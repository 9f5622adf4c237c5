// The client side: an HTTP/1.1 server of our own on net.Socket, on every configured address (anycast and unicast, both
// families). http1/ reads and writes the bytes, client-connection.ts holds one connection; here are the connections in
// all: how many there may be, the clock that ends slow ones, and how a server that closes lets go of them.
//
// Why not node:http: its objects per request cost three times what a hit takes here.

import { Server, type Socket } from 'node:net';
import type { AddressKind } from '../client-networks.ts';
import type { EdgeRequest } from '../edge-request.ts';
import { KeptResponses } from '../http1/kept-responses.ts';
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from '../http1/limits.ts';
import { type EdgeMetrics, increment } from '../metrics.ts';
import type { Pipeline } from '../request-pipeline.ts';
import type { AccessRecord } from './client-accounting.ts';
import { ClientConnection, type ConnectionHost } from './client-connection.ts';
import { KernelCopies } from './kernel-copies.ts';
import { withSharedReads } from './shared-reads.ts';
import { TurnedAway } from './turned-away.ts';

export interface ListenerContext {
  pop: string;
  pseudonym: string;
  pipeline: Pick<Pipeline, 'answer'>;
  metrics: EdgeMetrics;
  addressKind(localAddress: string): AddressKind;
  /** Whether the POP is being drained, asked at each health check. */
  isDraining(): Promise<boolean>;
  /** Our own mistakes: logged, answered with 500. */
  onError(error: unknown): void;
  limits?: Partial<Http1Limits>;
  /** What the route allows a request's body to be; undefined leaves it at limits.maxBodyBytes. */
  maxBodyBytes?(request: EdgeRequest): number | undefined;
  accessLog?(record: AccessRecord): void;
}

export function createEdgeServer(context: ListenerContext): EdgeServer {
  return new EdgeServer(context);
}

const SWEEP_MS = 1000;
const CLOSING_SWEEP_MS = 50;

export class EdgeServer extends Server {
  readonly #host: ConnectionHost;
  readonly #connections = new Set<ClientConnection>();
  readonly #byClient = new Map<string, number>();
  readonly #turnedAway: TurnedAway;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ListenerContext) {
    super({ allowHalfOpen: true, noDelay: true });
    const limits = { ...DEFAULT_HTTP1_LIMITS, ...context.limits };
    this.#host = { context, limits, kept: new KeptResponses(), copies: new KernelCopies(), closing: false };
    this.#turnedAway = new TurnedAway(limits.lingerMs);
    this.on('connection', (accepted: Socket) => this.#accept(accepted));
    this.on('listening', () => this.#sweepEvery(sweepInterval(limits)));
    this.on('close', () => {
      clearInterval(this.#timer);
      this.#host.copies.clear();
    });
  }

  /** Accepts nothing more, and lets each connection have one more answer; fulfilled when all are gone. */
  async drain(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.close(() => resolve()));
    this.closeIdleConnections();
    const timer = setTimeout(() => this.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  /**
   * From now on each connection ends with its next answer, and those that bring no request for a moment end without. Not
   * at once: a request may be on its way, and would be lost.
   */
  closeIdleConnections(): void {
    if (this.#host.closing) return;
    this.#host.closing = true;
    this.#sweepEvery(CLOSING_SWEEP_MS);
    this.#sweep();
  }

  closeAllConnections(): void {
    for (const connection of this.#connections) connection.socket.destroy();
    this.#turnedAway.destroyAll();
  }

  #accept(accepted: Socket): void {
    const { limits, context } = this.#host;
    const address = accepted.remoteAddress ?? 'unknown';
    const ofClient = this.#byClient.get(address) ?? 0;
    if (this.#connections.size >= limits.connections || ofClient >= limits.connectionsPerClient) {
      const limit = ofClient >= limits.connectionsPerClient ? 'connectionsPerClient' : 'connections';
      increment(context.metrics.refusedConnections, limit);
      this.#turnedAway.add(accepted);
      return;
    }
    this.#byClient.set(address, ofClient + 1);
    context.metrics.connections++;
    const socket = withSharedReads(accepted, (chunk) => connection.receive(chunk));
    const connection = new ClientConnection(this.#host, socket, address);
    this.#connections.add(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      context.metrics.connections--;
      const left = (this.#byClient.get(address) ?? 1) - 1;
      if (left === 0) this.#byClient.delete(address);
      else this.#byClient.set(address, left);
    });
  }

  #sweepEvery(intervalMs: number): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#sweep(), intervalMs);
    // Connections keep the process alive, waiting for their end need not.
    this.#timer.unref();
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#host.kept.clear(0);
    this.#host.copies.clear();
    for (const connection of this.#connections) connection.sweep(nowMs);
    this.#turnedAway.sweep(nowMs);
  }
}

/** Often enough for the shortest limit. */
function sweepInterval(limits: Http1Limits): number {
  const { headTimeoutMs, bodyWindowMs, keepAliveTimeoutMs, sendTimeoutMs, lingerMs } = limits;
  const shortest = Math.min(headTimeoutMs, bodyWindowMs, keepAliveTimeoutMs, sendTimeoutMs, lingerMs);
  return Math.max(10, Math.min(SWEEP_MS, shortest / 2));
}
