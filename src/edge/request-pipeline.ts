// What happens to a request, in one visible order: look up, decide, then serve, wait for somebody else's trip to the
// origin, or make one. Every answer says in its Cache-Status which way it took and why.

import assert from 'node:assert/strict';
import { answerFromBody, answerFromStore, failureAnswer, ownAnswer } from './answers.ts';
import { cacheKey } from './cache-key.ts';
import type { CacheStatus, ForwardReason } from './cache-status.ts';
import { CollapsedForwarding, type Flight, type FlightOutcome } from './collapsed-forwarding.ts';
import type { Answer, EdgeRequest } from './edge-request.ts';
import { fieldValue, hasField } from './fields.ts';
import { isFresh, ttlSeconds } from './freshness.ts';
import { type FetchContext, fetchFromOrigin, upstreamFields } from './origin-fetch.ts';
import { decideReuse, mayServeStale, wantsOnlyCached } from './reuse.ts';
import type { StoredResponse } from './stored-response.ts';
import { conditionalFields } from './validation.ts';
import { secondaryKey } from './vary.ts';
import { withVia } from './via.ts';

export interface PipelineOptions extends FetchContext {
  /** Name in Via and Cache-Status: `catchment-fra`. */
  pseudonym: string;
  /** Host sent to the origin; undefined sends (and keys by) the client's. */
  originHost: string | undefined;
}

export interface Pipeline {
  answer(request: EdgeRequest): Promise<Answer>;
  readonly collapsed: CollapsedForwarding;
}

/** Waits for others' trips before a request goes for itself: one for the object, one for its variant. */
const MAX_WAITS = 2;
/** After a failure under stale-if-error the origin is left alone for this long, or a herd would keep hitting it. */
const ORIGIN_BACK_OFF_MS = 1000;

export function createPipeline(options: PipelineOptions): Pipeline {
  const collapsed = new CollapsedForwarding();

  async function answer(request: EdgeRequest): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return passOn(request, 'method');
    if (request.body) return passOn(request, 'bypass', 'request-body');
    const key = keyOf(request);
    let variantNames: readonly string[] | undefined;
    let waits = 0;
    for (;;) {
      const nowMs = options.now();
      const candidates = options.store.get(key);
      const reuse = decideReuse(request.fields, candidates, nowMs);
      if (reuse.action === 'serve') {
        const status: CacheStatus = { hit: true, ttl: reuse.ttlSeconds, detail: reuse.stale };
        if (reuse.stale) refreshInBackground(request, key, reuse.stored);
        return answerFromStore(request, reuse.stored, status, nowMs);
      }
      if (wantsOnlyCached(request.fields)) {
        return ownAnswer(504, { reason: 'only-if-cached' }, { detail: 'only-if-cached' }, request.method);
      }
      const stale = reuse.action === 'revalidate' ? reuse.stored : undefined;
      if (
        stale &&
        (stale.originFailedUntilMs ?? 0) > nowMs &&
        mayServeStale(stale, 'stale-if-error', nowMs)
      ) {
        const status: CacheStatus = { hit: true, ttl: ttlSeconds(stale, nowMs), detail: 'stale-if-error' };
        return answerFromStore(request, stale, status, nowMs);
      }
      if (request.method === 'HEAD' && !stale) return passOn(request, reuse.fwd, 'HEAD');

      const variant = secondaryKey(variantNames ?? candidates[0]?.varyNames ?? [], request.fields);
      const mayShare = waits < MAX_WAITS && isShareable(request) && !collapsed.isUnshareable(key, nowMs);
      const shared = mayShare ? collapsed.find(key, variant) : undefined;
      const flight = shared ?? start(request, key, stale, mayShare ? variant : undefined);
      const detail = reuse.fwd === 'uri-miss' ? undefined : reuse.reason;
      const status: CacheStatus = { fwd: reuse.fwd, detail, collapsed: shared !== undefined };
      const outcome = await flight.outcome;
      const result = answerFromOutcome(request, key, outcome, status, stale, shared !== undefined);
      if (result) return result;
      waits++;
      variantNames = outcome.kind === 'response' ? outcome.head.varyNames : variantNames;
    }
  }

  /** Undefined when this outcome is not for this request: it only waited for it, and may not have it. */
  function answerFromOutcome(
    request: EdgeRequest,
    key: string,
    outcome: FlightOutcome,
    status: CacheStatus,
    stale: StoredResponse | undefined,
    waited: boolean,
  ): Answer | undefined {
    const nowMs = options.now();
    const failed =
      outcome.kind === 'failed' || (outcome.kind === 'response' && SERVER_TROUBLE.has(outcome.head.status));
    if (failed && stale && mayServeStale(stale, 'stale-if-error', nowMs)) {
      stale.originFailedUntilMs = nowMs + ORIGIN_BACK_OFF_MS;
      const fwdStatus = outcome.kind === 'response' ? outcome.head.status : undefined;
      if (outcome.kind === 'response' && !waited) outcome.body.reader().cancel();
      const ttl = ttlSeconds(stale, nowMs);
      return answerFromStore(request, stale, { ...status, fwdStatus, ttl, detail: 'stale-if-error' }, nowMs);
    }
    if (outcome.kind === 'mismatched') return undefined;
    if (outcome.kind === 'failed') return failureAnswer(request.method, outcome.failure, status);
    if (outcome.kind === 'not-modified') {
      if (waited && decideReuse(request.fields, [outcome.stored], nowMs).action !== 'serve') return undefined;
      const ttl = ttlSeconds(outcome.stored, nowMs);
      return answerFromStore(
        request,
        outcome.stored,
        { ...status, fwdStatus: 304, ttl, stored: true, detail: undefined },
        nowMs,
      );
    }
    const { head, body, storability } = outcome;
    if (waited) {
      // A waiting request reads a shared body only while all of it is kept, and only if it could have been served
      // this response from the store.
      const usable = storability.store && body.retained;
      if (!usable || decideReuse(request.fields, [head], nowMs).action !== 'serve') return undefined;
    }
    if (storability.store && isFresh(head, nowMs)) collapsed.markShareable(key);
    const detail = storability.store ? status.detail : storability.reason;
    return answerFromBody(
      request,
      head,
      body,
      { ...status, fwdStatus: head.status, stored: storability.store, detail },
      nowMs,
    );
  }

  /** `variant` is given when others may wait for this trip. */
  function start(
    request: EdgeRequest,
    key: string,
    revalidates: StoredResponse | undefined,
    variant: string | undefined,
  ): Flight {
    const extra = revalidates ? conditionalFields(revalidates.fields) : [];
    const flight = fetchFromOrigin(options, {
      key,
      clientFields: request.fields,
      revalidates: extra.length > 0 ? revalidates : undefined,
      request: {
        method: 'GET',
        pathAndQuery: request.pathAndQuery,
        fields: withVia(fieldsFor(request, true, extra), options.pseudonym),
      },
      onClosed: () => close(),
    });
    const close = collapsed.register(key, variant, flight);
    void flight.outcome.then((outcome) => {
      if (!isWorthWaitingFor(outcome, options.now())) collapsed.markUnshareable(key, options.now());
    });
    return flight;
  }

  /** One refresh per object, whoever asks for it meanwhile (RFC 5861 section 3). */
  function refreshInBackground(request: EdgeRequest, key: string, stale: StoredResponse): void {
    const variant = secondaryKey(stale.varyNames, request.fields);
    const nowMs = options.now();
    if (collapsed.find(key, variant) || (stale.originFailedUntilMs ?? 0) > nowMs) return;
    const flight = start(request, key, stale, variant);
    void flight.outcome.then((outcome) => {
      if (outcome.kind === 'failed') stale.originFailedUntilMs = options.now() + ORIGIN_BACK_OFF_MS;
      // Nobody reads: what is stored grows by itself, anything else is broken off.
      if (outcome.kind === 'response' && !outcome.storability.store) outcome.body.reader().cancel();
    });
  }

  /** Straight to the origin and back: not stored, not shared. */
  async function passOn(request: EdgeRequest, fwd: ForwardReason, detail?: string): Promise<Answer> {
    const key = keyOf(request);
    const flight = fetchFromOrigin(options, {
      key,
      clientFields: request.fields,
      request: {
        method: request.method,
        pathAndQuery: request.pathAndQuery,
        fields: withVia(fieldsFor(request, false), options.pseudonym),
        body: request.body,
      },
      onClosed: () => {},
    });
    if (request.method === 'GET') flight.invalidated = true;
    const outcome = await flight.outcome;
    if (outcome.kind === 'failed') return failureAnswer(request.method, outcome.failure, { fwd });
    assert(outcome.kind === 'response', 'only a revalidation ends otherwise');
    const { head, body } = outcome;
    if (!SAFE.has(request.method) && head.status < 400) invalidate(request, head.fields);
    const fields = [...head.fields];
    return {
      status: head.status,
      fields,
      body: { kind: 'stream', reader: body.reader() },
      cacheStatus: { fwd, fwdStatus: head.status, detail },
    };
  }

  /** RFC 9111 section 4.4: the URL, and those that Location and Content-Location name on the same host. */
  function invalidate(request: EdgeRequest, responseFields: readonly string[]): void {
    const base = `http://${request.authority}${request.pathAndQuery}`;
    for (const name of ['', 'location', 'content-location']) {
      const reference = name === '' ? base : fieldValue(responseFields, name);
      const url = reference === undefined ? null : URL.parse(reference, base);
      if (!url || url.host !== URL.parse(base)?.host) continue;
      const path = name === '' ? request.pathAndQuery : `${url.pathname}${url.search}`;
      const key = cacheKey(options.originHost ?? request.authority, path);
      options.store.delete(key);
      collapsed.invalidate(key);
    }
  }

  function keyOf(request: EdgeRequest): string {
    return cacheKey(options.originHost ?? request.authority, request.pathAndQuery);
  }

  function fieldsFor(request: EdgeRequest, whole: boolean, extra?: readonly string[]): string[] {
    const host = options.originHost ?? request.authority;
    return upstreamFields(request.fields, { host, clientAddress: request.clientAddress, whole, extra });
  }

  return { answer, collapsed };
}

/** Answers of an origin in trouble, for which stale-if-error is meant (RFC 5861 section 4). */
const SERVER_TROUBLE = new Set([500, 502, 503, 504]);
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** A request whose response may be good for itself only neither waits nor lets others wait. */
function isShareable(request: EdgeRequest): boolean {
  const cacheControl = fieldValue(request.fields, 'cache-control') ?? '';
  return !hasField(request.fields, 'authorization') && !/\bno-(?:store|cache)\b/i.test(cacheControl);
}

/** False for a response that nobody else could have used: the next requests for its URL had better not wait. */
function isWorthWaitingFor(outcome: FlightOutcome, nowMs: number): boolean {
  if (outcome.kind === 'failed' || outcome.kind === 'mismatched') return true;
  const head = outcome.kind === 'response' ? outcome.head : outcome.stored;
  // An origin in trouble is not a property of the URL; neither is what one client asked for.
  if (head.status >= 500) return true;
  if (outcome.kind === 'response' && !outcome.storability.store) {
    return ['authorization', 'request-no-store', 'invalidated'].includes(outcome.storability.reason);
  }
  if (head.cacheControl.directives.has('no-cache')) return false;
  return isFresh(head, nowMs) || mayServeStale(head, 'stale-while-revalidate', nowMs);
}
