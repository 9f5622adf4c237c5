// The way past the store: trips to the origin, shared among those who may share them (collapsed-forwarding.ts), background
// refreshes, requests that are only passed on, and what unsafe ones invalidate. What comes back becomes an answer here.

import assert from 'node:assert/strict';
import { answerFromBody, answerFromStore, failureAnswer } from './answers.ts';
import { requestKey } from './cache-key.ts';
import type { CacheStatus, ForwardReason } from './cache-status.ts';
import type { CollapsedForwarding, Flight, FlightOutcome } from './collapsed-forwarding.ts';
import type { Answer } from './edge-request.ts';
import { type Fields, fieldValue, hasField } from './fields.ts';
import { isFresh, ttlSeconds } from './freshness.ts';
import { isServerTrouble } from './freshness-stale.ts';
import { invalidations } from './invalidation.ts';
import { type Fetch, fetchFromOrigin, upstreamFields } from './origin-fetch.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import { cacheableView, passedView } from './policy/origin-view.ts';
import type { RequestContext } from './request-context.ts';
import { decideReuse, mayServeStale, type Reuse, staleInsteadOfError } from './reuse.ts';
import { servedForm, streamedForm } from './served-form.ts';
import { sliceKeyPrefix } from './slices.ts';
import { storability } from './storability.ts';
import { refreshed, type StoredResponse } from './stored-response.ts';
import { conditionalFields, headUpdate } from './validation.ts';
import { secondaryKey } from './vary.ts';
import { withVia } from './via.ts';

/** Waits for others' trips before a request goes for itself: one for the object, one for its variant. */
const MAX_WAITS = 2;
/** After a failure under stale-if-error the origin is left alone for this long, or a herd would keep hitting it. */
const ORIGIN_BACK_OFF_MS = 1000;

type Miss = Exclude<Reuse<StoredResponse>, { action: 'serve' }>;

export class ForwardPath {
  readonly #options: PipelineOptions;
  readonly #collapsed: CollapsedForwarding;

  constructor(options: PipelineOptions, collapsed: CollapsedForwarding) {
    this.#options = options;
    this.#collapsed = collapsed;
  }

  /** For a request that the store could not answer: `first` says why. */
  async fetch(context: RequestContext, candidates: readonly StoredResponse[], first: Miss): Promise<Answer> {
    const { request, route, target } = context;
    const { key } = target;
    const { store, watch } = this.#options;
    let reuse: Reuse<StoredResponse> = first;
    let known = candidates;
    let variantNames: readonly string[] | undefined;
    let lockTimedOut = false;
    for (let waits = 0; ; ) {
      const nowMs = this.#options.now();
      if (reuse.action === 'serve') {
        return this.#fromStore(
          context,
          reuse.stored,
          { hit: true, ttl: reuse.ttlSeconds, detail: reuse.detail },
          nowMs,
        );
      }
      const stale = reuse.action === 'revalidate' ? reuse.stored : undefined;
      const backingOff = stale && (stale.originFailedUntilMs ?? 0) > nowMs;
      const instead = backingOff && staleInsteadOfError(stale, true, nowMs, route, request.fields);
      if (stale && instead) {
        return this.#fromStore(
          context,
          stale,
          { hit: true, ttl: ttlSeconds(stale, nowMs), detail: instead },
          nowMs,
        );
      }
      if (request.method === 'HEAD' && !stale) return this.passOn(context, reuse.fwd, 'HEAD');
      const names = variantNames ?? known[0]?.varyNames ?? [];
      const variant = secondaryKey(names, this.#view(context));
      if (reuse.fwd === 'vary-miss') watch.missed(key, variant, names, route.vary.maxVariants);
      const mayShare =
        waits < MAX_WAITS && isShareable(request.fields) && !this.#collapsed.isUnshareable(key, nowMs);
      const shared = mayShare ? this.#collapsed.find(key, variant) : undefined;
      const flight = shared ?? this.#start(context, stale, mayShare ? variant : undefined);
      const why = reuse.fwd === 'uri-miss' ? undefined : reuse.reason;
      const detail = lockTimedOut ? 'lock-timeout' : why;
      context.trace?.forwarded(detail ?? reuse.fwd, shared !== undefined);
      const status: CacheStatus = { fwd: reuse.fwd, detail, collapsed: shared !== undefined };
      const outcome = shared
        ? await settledWithin(shared.outcome, this.#options.lockTimeoutMs)
        : await flight.outcome;
      if (!outcome) {
        // Whoever went first is stuck: from here on this request goes its own way.
        waits = MAX_WAITS;
        lockTimedOut = true;
        continue;
      }
      const answer = this.#fromOutcome(context, outcome, status, stale, shared !== undefined);
      if (answer) return answer;
      waits++;
      variantNames = outcome.kind === 'response' ? outcome.head.varyNames : variantNames;
      known = store.peek(key);
      reuse = decideReuse(this.#view(context), known, this.#options.now(), route);
    }
  }

  /** One refresh per object, whoever asks for it meanwhile (RFC 5861 section 3). */
  refreshInBackground(context: RequestContext, stale: StoredResponse): void {
    const { key } = context.target;
    const variant = secondaryKey(stale.varyNames, this.#view(context));
    const nowMs = this.#options.now();
    if (this.#collapsed.find(key, variant) || (stale.originFailedUntilMs ?? 0) > nowMs) return;
    const flight = this.#start(context, stale, variant);
    void flight.outcome.then((outcome) => {
      if (outcome.kind === 'failed') stale.originFailedUntilMs = this.#options.now() + ORIGIN_BACK_OFF_MS;
      // Nobody reads: what is stored grows by itself, anything else is broken off.
      if (outcome.kind === 'response' && !outcome.storability.store) outcome.body.reader().cancel();
    });
  }

  /** Straight to the origin and back: not stored, not shared. */
  async passOn(context: RequestContext, fwd: ForwardReason, detail?: string): Promise<Answer> {
    const { request, route, target, trace } = context;
    trace?.forwarded(detail ?? fwd, false);
    const view = passedView(route, request.fields, request.method);
    const flight = this.#launch(context, {
      method: request.method,
      fields: this.#upstreamFields(context, view, false),
      body: request.body,
    });
    if (request.method === 'GET') flight.invalidated = true;
    const outcome = await flight.outcome;
    if (outcome.kind === 'failed') {
      trace?.arrived(undefined, undefined, outcome.failure.error);
      return failureAnswer(request.method, outcome.failure, { fwd });
    }
    assert(outcome.kind === 'response', 'only a revalidation ends otherwise');
    const { head, body } = outcome;
    trace?.arrived(head, { stored: false, reason: detail ?? fwd });
    this.#invalidate(context, head.status, head.fields);
    if (request.method === 'HEAD') this.#learnFromHead(context, outcome);
    return {
      status: head.status,
      fields: [...head.fields, ...(head.withheld ?? [])],
      body: { kind: 'stream', reader: body.reader() },
      cacheStatus: { fwd, fwdStatus: head.status, detail },
      route: route.name,
      key: target.key,
    };
  }

  /** Undefined when this outcome is not for this request: it only waited for it, and may not have it. */
  #fromOutcome(
    context: RequestContext,
    outcome: FlightOutcome,
    status: CacheStatus,
    stale: StoredResponse | undefined,
    waited: boolean,
  ): Answer | undefined {
    const { request, route, trace } = context;
    const nowMs = this.#options.now();
    const reached = outcome.kind === 'response';
    const failed = outcome.kind === 'failed' || (reached && isServerTrouble(outcome.head.status));
    const instead = failed && stale && staleInsteadOfError(stale, reached, nowMs, route, request.fields);
    if (stale && instead) {
      stale.originFailedUntilMs = nowMs + ORIGIN_BACK_OFF_MS;
      if (reached && !waited) outcome.body.reader().cancel();
      const fwdStatus = reached ? outcome.head.status : undefined;
      const ttl = ttlSeconds(stale, nowMs);
      return this.#fromStore(context, stale, { ...status, fwdStatus, ttl, detail: instead }, nowMs);
    }
    if (outcome.kind === 'mismatched') return undefined;
    if (outcome.kind === 'failed') {
      trace?.arrived(undefined, undefined, outcome.failure.error);
      return failureAnswer(request.method, outcome.failure, status);
    }
    if (outcome.kind === 'not-modified') {
      const { stored } = outcome;
      if (waited && decideReuse(this.#view(context), [stored], nowMs, route).action !== 'serve')
        return undefined;
      const { store } = outcome.storability;
      trace?.arrived(stored, { stored: store });
      const ttl = ttlSeconds(stored, nowMs);
      return this.#fromStore(
        context,
        stored,
        { ...status, fwdStatus: 304, ttl, stored: store, detail: undefined },
        nowMs,
      );
    }
    const { head, body, storability } = outcome;
    if (waited) {
      // A waiting request reads a shared body only while all of it is kept, and only if it could have been served
      // this response from the store.
      const usable = storability.store && body.retained;
      if (!usable || decideReuse(this.#view(context), [head], nowMs, route).action !== 'serve')
        return undefined;
    }
    if (storability.store && isFresh(head, nowMs)) this.#collapsed.markShareable(context.target.key);
    const detail = storability.store ? status.detail : storability.reason;
    trace?.arrived(
      head,
      storability.store ? { stored: true } : { stored: false, reason: storability.reason },
    );
    const own = waited || !head.withheld ? head : { ...head, fields: [...head.fields, ...head.withheld] };
    const cacheStatus = { ...status, fwdStatus: head.status, stored: storability.store, detail };
    const answer = answerFromBody(request, own, body, cacheStatus, nowMs);
    answer.route = route.name;
    answer.key = context.target.key;
    return streamedForm(this.#options, context, answer, waited);
  }

  #fromStore(context: RequestContext, stored: StoredResponse, status: CacheStatus, nowMs: number): Answer {
    const form = servedForm(this.#options, context, stored);
    const answer = answerFromStore(context.request, form, status, nowMs);
    answer.route = context.route.name;
    answer.key = context.target.key;
    return answer;
  }

  /** `variant` is given when others may wait for this trip. */
  #start(
    context: RequestContext,
    revalidates: StoredResponse | undefined,
    variant: string | undefined,
  ): Flight {
    const { key } = context.target;
    const conditions = revalidates ? conditionalFields(revalidates.fields) : [];
    const flight = this.#launch(
      context,
      {
        method: 'GET',
        fields: this.#upstreamFields(context, this.#view(context), true, [
          ...rangeOf(context),
          ...conditions,
        ]),
      },
      conditions.length > 0 ? revalidates : undefined,
      () => close(),
    );
    const close = this.#collapsed.register(key, variant, flight);
    void flight.outcome.then((outcome) => {
      if (!isWorthWaitingFor(outcome, this.#options.now()))
        this.#collapsed.markUnshareable(key, this.#options.now());
    });
    return flight;
  }

  #launch(
    context: RequestContext,
    { method, fields, body }: { method: string; fields: string[]; body?: Fetch['request']['body'] },
    revalidates?: StoredResponse,
    onClosed: () => void = () => {},
  ): Flight {
    const { request, route, target, slice, trace } = context;
    const { pathAndQuery, key } = target;
    const gate = this.#options.limits.gate(route);
    return fetchFromOrigin(this.#options, {
      ...(gate && { gate }),
      key,
      route,
      clientFields: this.#view(context),
      ...(revalidates && { revalidates }),
      ...(slice && method === 'GET' && { slice }),
      request: {
        method,
        pathAndQuery,
        fields: withVia(fields, this.#options.pseudonym),
        key,
        authority: request.authority,
        ...(route.shield !== undefined && { shield: route.shield }),
        ...(body && { body }),
      },
      onClosed,
      ...(request.onInterim && { onInterim: (status, interim) => request.onInterim?.(status, interim) }),
      onChoice: (choice) => trace?.chosen(choice),
    });
  }

  #upstreamFields(
    { request, route, target }: RequestContext,
    view: Fields,
    whole: boolean,
    extra: readonly string[] = [],
  ): string[] {
    const { site, pseudonym, forwarded } = this.#options;
    // A Host that is in no key must not reach the origin by another name: what it answers is for all.
    const keyed = site.forwardHost || route.key.host === true;
    const asked = {
      clientAddress: request.clientAddress,
      authority: keyed ? request.authority : target.host,
      protocol: 'http' as const,
      pseudonym,
      received: request.fields,
    };
    return upstreamFields(view, { host: target.host, whole, extra, asked, forwarded });
  }

  #view(context: RequestContext): string[] {
    context.view ??= cacheableView(context.route, context.request.fields);
    return context.view;
  }

  /** RFC 9111 section 4.4. */
  #invalidate({ request }: RequestContext, status: number, fields: Fields): void {
    for (const { target } of invalidations(request, status, fields)) {
      const { routes, site, store } = this.#options;
      const route = routes.match(request.authority, target);
      const { key } = requestKey(route, { ...request, pathAndQuery: target }, site);
      store.delete(key);
      this.#collapsed.invalidate(key);
      if (route.slice !== undefined) this.invalidateSlices(key);
    }
  }

  invalidateSlices(key: string): void {
    const prefix = sliceKeyPrefix(key);
    this.#options.store.purgePrefix(prefix, false);
    this.#collapsed.invalidateWhere((other) => other.startsWith(prefix));
  }

  /** What a HEAD tells of a stored response to GET (section 4.3.5). */
  #learnFromHead(context: RequestContext, { head }: Extract<FlightOutcome, { kind: 'response' }>): void {
    const { store, now } = this.#options;
    const { key } = context.target;
    const variant = secondaryKey(head.varyNames, this.#view(context));
    const stored = store.peek(key).find((candidate) => candidate.secondaryKey === variant);
    const update = stored && headUpdate(stored, head.status, head.fields);
    if (!stored || update === 'nothing') return;
    if (update === 'outdated') {
      store.delete(key);
      return;
    }
    const requestFields = this.#view(context);
    const { route } = context;
    const times = { requestTimeMs: now(), responseTimeMs: now() };
    const fresh = refreshed(
      stored,
      { status: head.status, fields: head.fields, requestFields, ...times },
      route,
    );
    // The news may say private or no-store.
    const verdict = storability(
      'GET',
      requestFields,
      fresh.status,
      fresh.fields,
      times.responseTimeMs,
      route,
    );
    if (verdict.store) store.put(key, fresh);
    else store.delete(key);
  }
}

function rangeOf({ slice }: RequestContext): string[] {
  return slice ? ['Range', `bytes=${slice.first}-${slice.last}`] : [];
}

/** Undefined when it takes longer. */
async function settledWithin<T>(outcome: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

/** A request whose response may be good for itself only neither waits nor lets others wait. */
function isShareable(fields: Fields): boolean {
  const cacheControl = fieldValue(fields, 'cache-control') ?? '';
  return !hasField(fields, 'authorization') && !/\bno-(?:store|cache)\b/i.test(cacheControl);
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
