// The way to one origin: an undici Pool, whose dispatch() hands over raw fields and bytes as they come, with pause
// and resume, so that nothing is buffered twice. undici checks the framing (RFC 9112 sections 6 and 7): a body shorter
// than announced and bad chunking come as onFailure after the head.

import type { Client, Dispatcher, Pool } from 'undici';
import { formatEndpoint } from '../../net/endpoint.ts';
import type { Fields } from '../fields.ts';
import { describeFailure, isConnectionLoss } from '../upstream/failure.ts';
import { isIdempotent } from '../upstream/methods.ts';
import type { Upstream, UpstreamEvents, UpstreamExchange, UpstreamRequest } from '../upstream.ts';
import { ClientClass, PoolClass } from './upstream-undici.ts';

export interface UndiciUpstreamConfig {
  /** Local address of the connections. */
  sourceAddress?: string;
  origin: {
    address: string;
    port: number;
    connectTimeoutMs: number;
    headersTimeoutMs: number;
    /** Between two pieces of the body. */
    bodyTimeoutMs: number;
    connections: number;
  };
}

/** Nothing is connected before the first request. `who` names the other side in failures. */
export function createUndiciUpstream(config: UndiciUpstreamConfig, who = 'the origin'): Upstream {
  const { origin, sourceAddress } = config;
  const url = `http://${formatEndpoint(origin)}`;
  const options = {
    headersTimeout: origin.headersTimeoutMs,
    bodyTimeout: origin.bodyTimeoutMs,
    // undici's own fast timers tick once a second, which is fine here.
    connect: { timeout: origin.connectTimeoutMs, localAddress: sourceAddress },
    pipelining: 1,
    allowH2: false,
  };
  const pool = new PoolClass(url, { ...options, connections: origin.connections } as Pool.Options);
  const fresh = new Set<Client>();

  /** A connection for one request, which nobody can have closed in the meantime. */
  const freshClient = () => {
    const client = new ClientClass(url, options as Client.Options);
    fresh.add(client);
    return client;
  };
  const release = (client: Client) => {
    fresh.delete(client);
    void client.destroy();
  };
  return {
    send: (request, events) => exchange({ pool, freshClient, release, who }, request, events),
    close: async (graceful = false) => {
      // Those that have a connection of their own close it themselves.
      if (graceful) return pool.close();
      await Promise.all([pool.destroy(), ...[...fresh].map((client) => client.destroy())]);
    },
  };
}

interface Connections {
  pool: Pool;
  freshClient(): Client;
  release(client: Client): void;
  who: string;
}

function exchange(
  connections: Connections,
  request: UpstreamRequest,
  events: UpstreamEvents,
): UpstreamExchange {
  const { pool, who } = connections;
  let controller: Dispatcher.DispatchController | undefined;
  let client: Client | undefined;
  let aborted = false;
  let paused = false;
  let settled = false;
  let begun = false;
  let bodyError: Error | undefined;
  let reused = false;

  const settle = () => {
    settled = true;
    if (client) connections.release(client);
  };
  const fail = (error: Error) => {
    if (settled) return;
    // The origin may close a kept-alive connection in the moment we use it: RFC 9112 section 9.3.1 lets idempotent
    // requests be sent again, once. On a connection made for it, or the second one could be as stale as the first.
    const race = reused && !client && !begun && !aborted && isConnectionLoss(error);
    if (race && !request.body && isIdempotent(request.method)) {
      client = connections.freshClient();
      dispatch(client);
      return;
    }
    settle();
    if (bodyError) {
      events.onFailure({
        status: 400,
        error: 'http_request_error',
        detail: `the client broke off its request (${bodyError.message})`,
      });
    } else if (aborted) {
      events.onFailure({ status: 502, error: 'connection_terminated', detail: 'no longer wanted' });
    } else events.onFailure(describeFailure(error, who));
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (aborted) started.abort(new Error('no longer wanted'));
    },
    onResponseStart(current, status) {
      begun = true;
      if (settled) return;
      const fields = rawFields(current.rawHeaders);
      if (status < 200) events.onInterim?.(status, fields);
      else {
        events.onHead(status, fields);
        if (paused) current.pause();
      }
    },
    onResponseData: (_, chunk) => {
      if (!settled) events.onData(chunk);
    },
    onResponseEnd() {
      if (settled) return;
      settle();
      events.onEnd();
    },
    onResponseError: (_, error) => fail(error),
  };

  const dispatch = (dispatcher: Pool | Client) => {
    try {
      dispatcher.dispatch(
        {
          method: request.method as Dispatcher.HttpMethod,
          path: request.pathAndQuery,
          headers: request.fields as string[],
          body: request.body ?? null,
        },
        handler,
      );
    } catch (error) {
      fail(error as Error);
    }
  };
  request.body?.once('error', (error) => {
    // undici hands its own errors to the body as well; the client's come first.
    if (!settled && !aborted && !controller?.aborted) bodyError ??= error;
  });
  // After the caller's turn, so that no event comes before it holds the exchange.
  queueMicrotask(() => {
    if (aborted) return fail(new Error('no longer wanted'));
    reused = pool.stats.free > 0;
    dispatch(pool);
  });
  return {
    pause() {
      paused = true;
      if (begun) controller?.pause();
    },
    resume() {
      paused = false;
      if (begun) controller?.resume();
    },
    abort() {
      if (settled) return;
      aborted = true;
      controller?.abort(new Error('no longer wanted'));
    },
  };
}

function rawFields(raw: Dispatcher.DispatchController['rawHeaders']): Fields {
  if (!Array.isArray(raw)) return Object.entries(raw ?? {}).flatMap(([name, value]) => [name, String(value)]);
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
}
