// The client side: node:http servers on every configured address (anycast and unicast, both families). Its parser
// refuses bad syntax (answered 400, counted, never a crash); what passes goes to request-target.ts, then to the
// pipeline, and the answer gets the edge's own fields: X-POP, Cache-Status, Via.

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { jsonAnswer, ownAnswer } from '../answers.ts';
import { formatCacheStatus } from '../cache-status.ts';
import type { AddressKind, NetworkCount } from '../client-networks.ts';
import type { Answer } from '../edge-request.ts';
import { countField, fieldValue, hasField, withoutFields } from '../fields.ts';
import { observe } from '../histogram.ts';
import { type EdgeMetrics, increment, type Result, resultOf } from '../metrics.ts';
import type { Pipeline } from '../request-pipeline.ts';
import { parseRequestTarget } from '../request-target.ts';
import { hasPassed, withVia } from '../via.ts';
import { respond } from './respond.ts';

export interface ListenerContext {
  pop: string;
  pseudonym: string;
  pipeline: Pipeline;
  metrics: EdgeMetrics;
  addressKind(localAddress: string): AddressKind;
  /** Whether the POP is being drained, asked at each health check. */
  isDraining(): Promise<boolean>;
  /** Our own mistakes: logged, answered with 500. */
  onError(error: unknown): void;
}

// requireHostHeader is off because request-target.ts judges Host, with an answer that says who refused and why.

/** Whole request heads must arrive within this time: slow senders hold sockets, not answers. */
const HEADERS_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;

export function createEdgeServer(context: ListenerContext): Server {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
      requireHostHeader: false,
    },
    (request, response) => void handle(context, request, response),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(context, error, socket));
  // Without a listener node:http would drop these without an answer.
  server.on('connect', (_request, socket: Duplex) => refuse(context, { code: 'CONNECT' }, socket));
  server.on('checkExpectation', (request, response) => {
    request.resume();
    void finish(context, request, response, badRequest(context, 417, 'unknown expectation'));
  });
  return server;
}

async function handle(
  context: ListenerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedAt = performance.now();
  request.on('error', () => {});
  response.on('error', () => {});
  // Now: a connection that was broken off has no addresses any more.
  const client = clientNetwork(context, request.socket);
  let answer: Answer;
  try {
    answer = await answerRequest(context, request);
  } catch (error) {
    context.onError(error);
    answer = ownAnswer(500, { reason: 'internal error' }, { detail: 'internal-error' });
  }
  const result = await finish(context, request, response, answer);
  if (result !== 'local' && result !== 'bad-request') {
    client.requests++;
    client.lastMs = Date.now();
  }
  if (response.writableEnded)
    observe(context.metrics.requestSeconds[result], (performance.now() - startedAt) / 1000);
}

const networks = new WeakMap<Socket, NetworkCount>();

/** Looked up once per connection. */
function clientNetwork({ metrics, addressKind }: ListenerContext, socket: Socket): NetworkCount {
  const known = networks.get(socket);
  if (known) return known;
  const count = metrics.clients.of(socket.remoteAddress ?? '', addressKind(socket.localAddress ?? ''));
  networks.set(socket, count);
  return count;
}

async function answerRequest(context: ListenerContext, request: IncomingMessage): Promise<Answer> {
  const method = request.method ?? 'GET';
  const fields = request.rawHeaders;
  const target = parseRequestTarget(method, request.url ?? '', fields);
  if (!target.ok) return badRequest(context, target.status, target.reason);
  const { authority, pathAndQuery } = target;
  if (pathAndQuery === '/healthz' && (method === 'GET' || method === 'HEAD')) return health(context, method);
  if (hasPassed(fields, context.pseudonym)) {
    return ownAnswer(508, { reason: 'loop: Via already names this cache' }, { detail: 'via-loop' }, method);
  }
  const body = hasBody(fields) ? request : undefined;
  const clientAddress = request.socket.remoteAddress ?? 'unknown';
  return context.pipeline.answer({ method, authority, pathAndQuery, fields, clientAddress, body });
}

function hasBody(fields: readonly string[]): boolean {
  return hasField(fields, 'transfer-encoding') || Number(fieldValue(fields, 'content-length') ?? 0) > 0;
}

async function health(context: ListenerContext, method: string): Promise<Answer> {
  const draining = await context.isDraining();
  const status = draining ? 503 : 200;
  const content = { pop: context.pop, status: draining ? 'draining' : 'ok' };
  return jsonAnswer(status, content, { detail: 'healthz' }, method);
}

function badRequest(context: ListenerContext, status: number, reason: string): Answer {
  increment(context.metrics.badRequests, reason);
  const answer = ownAnswer(status, { reason }, { detail: 'bad-request' });
  return { ...answer, fields: [...answer.fields, 'Connection', 'close'] };
}

async function finish(
  context: ListenerContext,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<Result> {
  const { metrics } = context;
  const bad = answer.cacheStatus.detail === 'bad-request';
  const result = bad ? 'bad-request' : resultOf(answer.cacheStatus, answer.failure !== undefined);
  metrics.requests[result]++;
  increment(metrics.responses, `${Math.floor(answer.status / 100)}xx`);
  try {
    const written = await respond(response, answer, ownFields(context, answer));
    metrics.responseBytes[result] += written;
    if (!response.writableEnded) metrics.clientAborts++;
    // A body that nobody read would block the next request on this connection.
    if (!request.complete) request.resume();
  } catch (error) {
    // Field values that node refuses to write (the origin's, since ours are made here).
    context.onError(error);
    if (answer.body.kind === 'stream') answer.body.reader.cancel();
    response.destroy();
  }
  return result;
}

function ownFields(context: ListenerContext, answer: Answer): string[] {
  const earlier = fieldValue(answer.fields, 'cache-status');
  const fields = withVia(withoutFields(answer.fields, REPLACED), context.pseudonym);
  fields.push('X-POP', context.pop);
  fields.push('Cache-Status', formatCacheStatus(context.pseudonym, answer.cacheStatus, earlier));
  if (answer.failure) fields.push('Proxy-Status', `${context.pseudonym}; error=${answer.failure}`);
  if (countField(fields, 'date') === 0) fields.push('Date', new Date().toUTCString());
  return fields;
}

const REPLACED = new Set(['cache-status', 'x-pop']);

/** What the parser of node:http refused: answered on the bare socket, since there is no request. */
function refuse(context: ListenerContext, error: { code?: string }, socket: Duplex | Socket): void {
  const { metrics } = context;
  const code = error.code ?? 'unknown';
  // The client left: not a bad request.
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    metrics.clientAborts++;
    socket.destroy();
    return;
  }
  const status = REFUSALS[code] ?? 400;
  metrics.requests['bad-request']++;
  increment(metrics.badRequests, code);
  increment(metrics.responses, `${Math.floor(status / 100)}xx`);
  // Once a response has begun on this connection, a second head would be read as its body.
  const busy = (socket as { _httpMessage?: { _header?: unknown } })._httpMessage?._header;
  if (!socket.writable || busy) {
    socket.destroy();
    return;
  }
  const body = `${JSON.stringify({ status, reason: code })}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Date: ${new Date().toUTCString()}`,
      `X-POP: ${context.pop}`,
      `Cache-Status: ${formatCacheStatus(context.pseudonym, { detail: 'bad-request' })}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // The rest of what the client sends is not read; do not wait for it either.
  setTimeout(() => socket.destroy(), 500).unref();
}

const REFUSALS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  CONNECT: 405,
};
