// One trip to the origin: send, judge the head (may it be stored?), let the body grow for whoever reads it, put it in
// the store when it is complete. Knows nothing of who asked; collapsed-forwarding.ts shares its outcome.

import type { Flight, FlightOutcome } from './collapsed-forwarding.ts';
import { endToEndFields, type Fields, fieldValue, withoutFields } from './fields.ts';
import { sendThroughGate } from './gated-upstream.ts';
import { GrowingBody } from './growing-body.ts';
import type { ConcurrencyGate } from './limit/concurrency-gate.ts';
import type { RoutePolicy } from './policy/route-policy.ts';
import { contentRange } from './range.ts';
import type { Slice } from './slices.ts';
import { type Storability, storability } from './storability.ts';
import type { ObjectStore } from './store/object-store.ts';
import {
  type ResponseHead,
  refreshed,
  responseHead,
  type StoredResponse,
  storedResponse,
} from './stored-response.ts';
import { type Asked, type ForwardedPolicy, rewriteForwarded } from './upstream/forwarded.ts';
import type { Upstream, UpstreamChoice, UpstreamExchange, UpstreamRequest } from './upstream.ts';
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
  /** Whose word on lifetimes and storing counts beside the origin's. */
  route: RoutePolicy;
  /** What was asked for: a 206 with just this is stored as an object of its own. */
  slice?: Slice;
  /** How many of the route's requests may be on their way. */
  gate?: ConcurrencyGate;
  /** Asked with conditions: a 304 refreshes this one. */
  revalidates?: StoredResponse;
  /** Never called before fetchFromOrigin returns. Nobody may join any more: the head said so, or the trip is over. */
  onClosed(): void;
  onInterim?(status: number, fields: Fields): void;
  onChoice?(choice: UpstreamChoice): void;
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
  // What is purged from now on must not be put back by what was asked for before.
  const { sequence } = context.store;
  const { route } = fetch;
  const keep = (stored: StoredResponse) =>
    context.store.putIfNotPurgedSince(sequence, fetch.key, stored, { tags: tagsOf(route, stored.fields) });
  let body: GrowingBody | undefined;
  let head: ResponseHead | undefined;
  const finish = (outcome?: FlightOutcome) => {
    fetch.onClosed();
    if (outcome) settle(outcome);
  };
  const exchange: UpstreamExchange = sendThroughGate(fetch.gate, context.upstream, fetch.request, {
    onHead(upstreamStatus, fields) {
      const responseTimeMs = context.now();
      context.onHead(upstreamStatus, (responseTimeMs - requestTimeMs) / 1000);
      const part = upstreamStatus === 206 && fetch.slice ? contentRange(fields) : undefined;
      const status = part && isAllOf(fetch.slice, part) ? 200 : upstreamStatus;
      const received = { status, fields, requestFields: fetch.clientFields, requestTimeMs, responseTimeMs };
      if (status === 304 && fetch.revalidates) {
        if (notModifiedMatches(fetch.revalidates.fields, fields)) {
          const stored = refreshed(fetch.revalidates, received, route);
          // The news may say no-store or private.
          const verdict = storability(
            'GET',
            fetch.clientFields,
            stored.status,
            stored.fields,
            responseTimeMs,
            route,
          );
          if (!flight.invalidated && verdict.store) keep(stored);
          else if (!verdict.store) context.store.delete(fetch.key);
          return finish({ kind: 'not-modified', stored, storability: verdict });
        }
        context.store.delete(fetch.key);
        return finish({ kind: 'mismatched' });
      }
      head = responseHead(received, route);
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
      if (head && body?.retained && !flight.invalidated && isWhole(head, body.receivedBytes)) {
        keep(storedResponse(head, body.chunks, body.receivedBytes));
      }
      body?.end();
      finish();
    },
    onInterim: (status, fields) => fetch.onInterim?.(status, fields),
    onChoice: (choice) => fetch.onChoice?.(choice),
    onFailure(failure) {
      if (!head) context.onHead(failure.status, (context.now() - requestTimeMs) / 1000);
      body?.fail(new Error(failure.detail));
      finish({ kind: 'failed', failure });
    },
  });
  return flight;
}

/** Whether a range is what is there of a slice. */
function isAllOf(
  slice: Slice | undefined,
  { first, last, size }: NonNullable<ReturnType<typeof contentRange>>,
) {
  return slice !== undefined && first === slice.first && last === Math.min(slice.last, size - 1);
}

/** A part that came without Content-Length must have as many bytes as its range. */
function isWhole(head: ResponseHead, bytes: number): boolean {
  const part = contentRange(head.fields);
  return !part || part.last - part.first + 1 === bytes;
}

function judge(fetch: Fetch, head: ResponseHead, store: ObjectStore, flight: Flight): Storability {
  if (flight.invalidated) return { store: false, reason: 'invalidated' };
  // The whole for a later slice: kept under the first one's key it would be found, here it would be one of many.
  if (fetch.slice && fetch.slice.index > 0 && head.status === 200 && !contentRange(head.fields)) {
    return { store: false, reason: 'no-ranges' };
  }
  const length = Number(fieldValue(head.fields, 'content-length') ?? 0);
  if (length > store.maxObjectBytes) return { store: false, reason: 'too-large' };
  const all = head.withheld ? [...head.fields, ...head.withheld] : head.fields;
  const { request, clientFields, route } = fetch;
  return storability(request.method, clientFields, head.status, all, head.responseTimeMs, route);
}

/** Surrogate keys, as the route's header names them: separated by spaces or commas. */
function tagsOf({ tags }: RoutePolicy, fields: Fields): string[] | undefined {
  const text = tags && fieldValue(fields, tags.header);
  return text?.split(/[\s,]+/).filter((tag) => tag !== '');
}

/** Fields for the origin: end to end, with the Host it expects; without the client's conditions if it is asked for all. */
export function upstreamFields(
  clientFields: Fields,
  options: {
    host: string;
    whole: boolean;
    extra?: readonly string[];
    asked: Asked;
    forwarded: ForwardedPolicy;
  },
): string[] {
  const dropped = new Set(['host', 'expect', ...(options.whole ? CONDITIONS : [])]);
  const kept = withoutFields(endToEndFields(clientFields), dropped);
  return [
    'Host',
    options.host,
    ...rewriteForwarded(kept, options.asked, options.forwarded),
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
