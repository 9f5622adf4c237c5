// The way to the origin: one undici Pool, whose dispatch() hands over raw fields and bytes as they come, with pause
// and resume, so that nothing is buffered twice. Only the Pool is loaded, not all of undici (12 MB less per process), and
// not Node's HTTP/2, which the Pool could do without and we do not use (3 MB less).

import { createRequire, registerHooks } from 'node:module';
import type { Dispatcher, Pool } from 'undici';
import type { EdgeConfig } from '../config.ts';
import type { Upstream, UpstreamExchange, UpstreamFailure, UpstreamRequest } from '../upstream.ts';

const PoolClass = loadPool();

export function createUndiciUpstream(
  config: Pick<EdgeConfig, 'sourceAddress'> & { origin: Omit<EdgeConfig['origin'], 'host' | 'forwardHost'> },
): Upstream {
  const { origin, sourceAddress } = config;
  const host = origin.address.includes(':') ? `[${origin.address}]` : origin.address;
  const pool = new PoolClass(`http://${host}:${origin.port}`, {
    connections: origin.connections,
    headersTimeout: origin.headersTimeoutMs,
    bodyTimeout: origin.bodyTimeoutMs,
    // undici's own fast timers tick once a second, which is fine here.
    connect: { timeout: origin.connectTimeoutMs, localAddress: sourceAddress },
    pipelining: 1,
    allowH2: false,
  } as Pool.Options);

  const upstream: Upstream = {
    send: (request, events) => dispatch(pool, request, events, true),
    close: () => pool.destroy(),
  };
  return upstream;
}

function loadPool(): typeof Pool {
  const withoutHttp2 = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'node:http2') throw new Error('not wanted'); // undici takes that for a Node.js without it
      return next(specifier, context);
    },
  });
  try {
    return createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof Pool;
  } finally {
    withoutHttp2.deregister();
  }
}

function dispatch(
  pool: Pool,
  request: UpstreamRequest,
  events: Parameters<Upstream['send']>[1],
  mayRetry: boolean,
): UpstreamExchange {
  let controller: Dispatcher.DispatchController | undefined;
  let retried: UpstreamExchange | undefined;
  let aborted = false;
  let settled = false;
  let headSeen = false;

  const fail = (error: Error) => {
    if (settled) return;
    settled = true;
    // The origin may close a kept-alive connection in the moment we use it: RFC 9110 section 9.2.2 lets idempotent
    // requests be sent again, once.
    if (!headSeen && !aborted && mayRetry && isConnectionLoss(error) && isRepeatable(request)) {
      retried = dispatch(pool, request, events, false);
      return;
    }
    events.onFailure(describeFailure(error));
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (aborted) started.abort(new Error('no longer wanted'));
    },
    onResponseStart(current, status) {
      if (status < 200) return;
      headSeen = true;
      events.onHead(status, rawFields(current.rawHeaders));
    },
    onResponseData: (_, chunk) => events.onData(chunk),
    onResponseEnd() {
      if (settled) return;
      settled = true;
      events.onEnd();
    },
    onResponseError: (_, error) => fail(error),
  };
  // In a later turn, so that no event comes before the caller holds the exchange.
  setImmediate(() => {
    if (aborted) return fail(new Error('no longer wanted'));
    try {
      pool.dispatch(
        {
          method: request.method as Dispatcher.HttpMethod,
          path: request.pathAndQuery,
          headers: [...request.fields],
          body: request.body ?? null,
        },
        handler,
      );
    } catch (error) {
      fail(error as Error);
    }
  });
  return {
    pause: () => (retried ? retried.pause() : controller?.pause()),
    resume: () => (retried ? retried.resume() : controller?.resume()),
    abort() {
      aborted = true;
      if (retried) retried.abort();
      else controller?.abort(new Error('no longer wanted'));
    },
  };
}

function rawFields(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return Object.entries(raw ?? {}).flatMap(([name, value]) => [name, String(value)]);
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
}

function isRepeatable(request: UpstreamRequest): boolean {
  return !request.body && ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(request.method);
}

function isConnectionLoss(error: Error): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code ?? error.name);
}

/** In the words of RFC 9209 section 2.3. */
export function describeFailure(error: Error): UpstreamFailure {
  const code = codeOf(error);
  const as = (status: UpstreamFailure['status'], name: string, detail: string): UpstreamFailure => ({
    status,
    error: name,
    detail,
  });
  if (code === 'ECONNREFUSED') return as(502, 'connection_refused', 'the origin refuses connections');
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return as(504, 'connection_timeout', 'the origin does not answer to connection attempts');
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL')
    return as(502, 'destination_ip_unroutable', `no way to the origin (${code})`);
  if (code === 'UND_ERR_HEADERS_TIMEOUT')
    return as(504, 'http_response_timeout', 'the origin accepted the request and sent no answer in time');
  if (code === 'UND_ERR_BODY_TIMEOUT')
    return as(504, 'http_response_timeout', 'the origin stopped sending its answer');
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')
    return as(502, 'http_response_incomplete', 'the origin announced another length than it sent');
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return as(502, 'http_response_header_section_size', 'the header section of the origin is too large');
  if (code.startsWith('HPE_'))
    return as(502, 'http_protocol_error', 'the origin sent something that is not HTTP');
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')
    return as(400, 'http_request_error', 'the request cannot be passed on');
  return as(502, 'connection_terminated', `the connection to the origin broke (${code})`);
}
