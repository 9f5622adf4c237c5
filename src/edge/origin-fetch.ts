// One trip to the origin: send, judge the head (may it be stored?), let the body grow for whoever reads it, put it in
// the store when it is complete. Knows nothing of who asked; collapsed-forwarding.ts shares its outcome.

import type { Flight, FlightOutcome } from './collapsed-forwarding.ts';
import { endToEndFields, type Fields, fieldValue, withoutFields } from './fields.ts';
import { GrowingBody } from './growing-body.ts';
import { type Storability, storability } from './storability.ts';
import type { ObjectStore } from './store/object-store.ts';
import {
  compactBody,
  type ResponseHead,
  refreshed,
  responseHead,
  type StoredResponse,
} from './stored-response.ts';
import type { Upstream, UpstreamExchange, UpstreamRequest } from './upstream.ts';
import { notModifiedMatches } from './validation.ts';

export interface FetchContext {
  upstream: Upstream;
  store: ObjectStore;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The head or the failure has come; for metrics. */
  onHead(status: number, seconds: number): void;
}

export interface Fetch {
  key: string;
  request: UpstreamRequest;
  /** The client's own fields: what Vary and Authorization are judged by. */
  clientFields: Fields;
  /** Asked with conditions: a 304 refreshes this one. */
  revalidates?: StoredResponse;
  /** Never called before fetchFromOrigin returns. Nobody may join any more: the head said so, or the trip is over. */
  onClosed(): void;
}

/** Starts the trip at once. */
export function fetchFromOrigin(context: FetchContext, fetch: Fetch): Flight {
  let settle: (outcome: FlightOutcome) => void = () => {};
  const flight: Flight = {
    outcome: new Promise((resolve) => {
      settle = resolve;
    }),
    invalidated: false,
  };
  const requestTimeMs = context.now();
  let body: GrowingBody | undefined;
  let head: ResponseHead | undefined;
  const finish = (outcome?: FlightOutcome) => {
    fetch.onClosed();
    if (outcome) settle(outcome);
  };
  const exchange: UpstreamExchange = context.upstream.send(fetch.request, {
    onHead(status, fields) {
      const responseTimeMs = context.now();
      context.onHead(status, (responseTimeMs - requestTimeMs) / 1000);
      const received = { status, fields, requestFields: fetch.clientFields, requestTimeMs, responseTimeMs };
      if (status === 304 && fetch.revalidates) {
        if (notModifiedMatches(fetch.revalidates.fields, fields)) {
          const stored = refreshed(fetch.revalidates, received);
          if (!flight.invalidated) context.store.put(fetch.key, stored);
          return finish({ kind: 'not-modified', stored });
        }
        context.store.delete(fetch.key);
        return finish({ kind: 'mismatched' });
      }
      head = responseHead(received);
      const verdict = judge(fetch, head, context.store, flight);
      body = new GrowingBody(verdict.store, {
        onPressure: (high) => (high ? exchange.pause() : exchange.resume()),
        onAbandoned: () => exchange.abort(),
      });
      settle({ kind: 'response', head, storability: verdict, body });
      if (!verdict.store) fetch.onClosed();
    },
    onData(chunk) {
      body?.append(chunk);
      if (body?.retained && body.receivedBytes > context.store.maxObjectBytes) {
        // Its length was not announced: those who read keep their stream, but nothing is kept of it.
        fetch.onClosed();
        body.stopRetaining();
      }
    },
    onEnd() {
      // Stored before the offer ends, in one turn of the event loop: nobody can come between and fetch again.
      if (head && body?.retained && !flight.invalidated) {
        const size = body.receivedBytes;
        context.store.put(fetch.key, { ...head, body: compactBody(body.chunks, size), size });
      }
      body?.end();
      finish();
    },
    onFailure(failure) {
      if (!head) context.onHead(failure.status, (context.now() - requestTimeMs) / 1000);
      body?.fail(new Error(failure.detail));
      finish({ kind: 'failed', failure });
    },
  });
  return flight;
}

function judge(fetch: Fetch, head: ResponseHead, store: ObjectStore, flight: Flight): Storability {
  if (flight.invalidated) return { store: false, reason: 'invalidated' };
  const length = Number(fieldValue(head.fields, 'content-length') ?? 0);
  if (length > store.maxObjectBytes) return { store: false, reason: 'too-large' };
  return storability(fetch.request.method, fetch.clientFields, head.status, head.fields, head.responseTimeMs);
}

/** Fields for the origin: end to end, with the Host it expects; without the client's conditions if it is asked for all. */
export function upstreamFields(
  clientFields: Fields,
  options: { host: string; clientAddress: string; whole: boolean; extra?: readonly string[] },
): string[] {
  const dropped = new Set(['host', 'x-forwarded-for', 'expect', ...(options.whole ? CONDITIONS : [])]);
  const forwardedFor = fieldValue(clientFields, 'x-forwarded-for');
  const chain = forwardedFor ? `${forwardedFor}, ${options.clientAddress}` : options.clientAddress;
  return [
    'Host',
    options.host,
    ...withoutFields(endToEndFields(clientFields), dropped),
    'X-Forwarded-For',
    chain,
    ...(options.extra ?? []),
  ];
}

const CONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
];
