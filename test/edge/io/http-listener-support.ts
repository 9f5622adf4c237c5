// The edge's HTTP server in front of a pipeline that a test writes, and clients that send bytes as they are.

import { connect, type Socket } from 'node:net';
import type { Answer, EdgeRequest } from '../../../src/edge/edge-request.ts';
import type { BodyReader } from '../../../src/edge/growing-body.ts';
import type { AccessRecord } from '../../../src/edge/io/client-accounting.ts';
import {
  createEdgeServer,
  type EdgeServer,
  type ListenerContext,
} from '../../../src/edge/io/http-listener.ts';
import { createMetrics, type EdgeMetrics } from '../../../src/edge/metrics.ts';
import { listenOn } from '../../../src/net/io/listen.ts';

type Handler = (request: EdgeRequest) => Answer | Promise<Answer>;

export interface Front {
  server: EdgeServer;
  port: number;
  metrics: EdgeMetrics;
  /** "GET /path" of all requests that came to the pipeline. */
  reached: string[];
  errors: unknown[];
  log: AccessRecord[];
  /** Sends the pieces one by one; all that comes back until the server closes. */
  send(...pieces: (string | Buffer)[]): Promise<string>;
  connect(allowHalfOpen?: boolean): Client;
  close(): Promise<void>;
}

export interface Client {
  socket: Socket;
  text(): string;
  /** Fulfilled when what came back holds or satisfies this, or the connection is over. */
  until(part: string | ((text: string) => boolean)): Promise<string>;
  closed: Promise<void>;
}

export async function startFront(
  handler: Handler = echo,
  context: Partial<Omit<ListenerContext, 'pipeline' | 'metrics'>> = {},
): Promise<Front> {
  const metrics = createMetrics();
  const reached: string[] = [];
  const errors: unknown[] = [];
  const log: AccessRecord[] = [];
  const answer = (request: EdgeRequest) => {
    reached.push(`${request.method} ${request.pathAndQuery}`);
    return handler(request);
  };
  const server = createEdgeServer({
    pop: 'fra',
    pseudonym: 'catchment-fra',
    pipeline: { answer } as ListenerContext['pipeline'],
    metrics,
    addressKind: () => 'unknown',
    isDraining: async () => false,
    onError: (error) => errors.push(error),
    accessLog: (record) => log.push(record),
    ...context,
  });
  const { port } = await listenOn(server, { address: '127.0.0.1', port: 0 });
  return {
    ...{ server, port, metrics, reached, errors, log },
    connect: (allowHalfOpen = false) => client(port, allowHalfOpen),
    async send(...pieces) {
      const { socket, text, closed } = client(port, true);
      for (const piece of pieces) {
        socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
        if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
      return text();
    },
    close: () => server.drain(0),
  };
}

function client(port: number, allowHalfOpen: boolean): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen, noDelay: true });
  let text = '';
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    wake();
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  void closed.then(wake);
  return {
    socket,
    text: () => text,
    closed,
    async until(part) {
      while (!socket.destroyed && (typeof part === 'string' ? !text.includes(part) : !part(text)))
        await new Promise<void>((resolve) => waiting.add(resolve));
      return text;
    },
  };
}

/** 200 with method and path, and the length of the body once it is all there. */
export function echo(request: EdgeRequest): Answer | Promise<Answer> {
  if (!request.body) return text(`${request.method} ${request.pathAndQuery}`);
  const { body } = request;
  return new Promise((resolve) => {
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    body.on('end', () => resolve(text(`${request.method} ${request.pathAndQuery} ${bytes} bytes`)));
    body.on('error', (error) => resolve({ ...text(error.message), status: 502 }));
  });
}

export function text(content: string): Answer {
  return {
    status: 200,
    fields: ['Content-Type', 'text/plain'],
    body: { kind: 'chunks', chunks: [Buffer.from(content)] },
    cacheStatus: { fwd: 'method' },
  };
}

export function streamed(reader: BodyReader, fields: string[] = []): Answer {
  return { status: 200, fields, body: { kind: 'stream', reader }, cacheStatus: { fwd: 'uri-miss' } };
}

/** Gives these chunks, one per turn, then ends or fails. */
export function readerOf(chunks: (string | Buffer)[], failure?: Error): BodyReader & { cancelled: boolean } {
  let at = 0;
  return {
    cancelled: false,
    async next() {
      await new Promise((resolve) => setImmediate(resolve));
      if (at < chunks.length) return Buffer.from(chunks[at++] as string);
      if (failure) throw failure;
      return undefined;
    },
    cancel() {
      this.cancelled = true;
    },
  };
}

/** The status of every response in what came back. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
