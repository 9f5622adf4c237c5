// What happens to a request, in one visible order: route, limits, bypass, look up, decide; then serve, wait for somebody
// else's trip to the origin, or make one. Every answer says in its Cache-Status which way it took and why. A hit is answered
// in the same turn: it costs no promise.

import { answerFromStore, ownAnswer } from './answers.ts';
import { requestKey } from './cache-key.ts';
import { CollapsedForwarding } from './collapsed-forwarding.ts';
import type { Answer, EdgeRequest } from './edge-request.ts';
import { afterForward } from './fields-max-forwards.ts';
import { ForwardPath } from './forward-path.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import { bypassReason } from './policy/bypass.ts';
import { cacheableView } from './policy/origin-view.ts';
import { contentRange } from './range.ts';
import type { RequestContext } from './request-context.ts';
import { decideReuse, type Reuse, wantsOnlyCached } from './reuse.ts';
import { servedForm } from './served-form.ts';
import { type Slice, slicedAnswer, sliceKey, withoutConditions } from './slices.ts';
import type { StoredResponse } from './stored-response.ts';
import { traceOf } from './trace.ts';
import { originCondition } from './validation.ts';

export interface Pipeline {
  /** A promise only where there is something to wait for. */
  answer(request: EdgeRequest): Answer | Promise<Answer>;
  readonly collapsed: CollapsedForwarding;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  return new RequestPipeline(options);
}

class RequestPipeline implements Pipeline {
  readonly collapsed = new CollapsedForwarding();
  readonly #options: PipelineOptions;
  readonly #forward: ForwardPath;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#forward = new ForwardPath(options, this.collapsed);
  }

  answer(asked: EdgeRequest): Answer | Promise<Answer> {
    const after = afterForward(asked.method, asked.fields);
    if (after === 'answer')
      return ownAnswer(200, { reason: 'max-forwards' }, { detail: 'max-forwards' }, asked.method);
    const request = after === asked.fields ? asked : { ...asked, fields: after };
    const { routes, site, now } = this.#options;
    const nowMs = now();
    const route = routes.match(request.authority, request.pathAndQuery);
    const trace = traceOf(this.#options, request, route, nowMs);
    const limit = this.#options.limits.take(route, request.clientAddress, nowMs);
    if (limit) trace?.limited(limit);
    if (limit && !limit.allowed) {
      const refused = tooMany(request, limit.retryAfterSeconds);
      return trace?.end(refused) ?? refused;
    }
    const bypass = this.#bypass(request, route);
    const context: RequestContext = {
      request,
      route,
      target: requestKey(route, request, site),
      ...(trace && { trace }),
    };
    const answer = bypass
      ? this.#forward.passOn(context, bypass.fwd, bypass.detail)
      : route.slice === undefined
        ? this.#fromCache(context)
        : this.#bySlices(context, route.slice);
    if (!trace) return answer;
    return answer instanceof Promise ? answer.then((settled) => trace.end(settled)) : trace.end(answer);
  }

  /** What the cache has no part in. */
  #bypass(request: EdgeRequest, route: RequestContext['route']) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return { fwd: 'method' } as const;
    if (request.body) return { fwd: 'bypass', detail: 'request-body' } as const;
    const reason = bypassReason(route, request) ?? originCondition(request.fields);
    return reason === undefined ? undefined : ({ fwd: 'bypass', detail: reason } as const);
  }

  /** Each slice is an object of its own; only the first is traced. */
  #bySlices(context: RequestContext, bytes: number): Promise<Answer> {
    const { request, route, target, trace } = context;
    const { store, now } = this.#options;
    const bare = withoutConditions(request);
    const keyOf = ({ index }: Slice) => sliceKey(target.key, index);
    return slicedAnswer(request, {
      bytes,
      answer: (slice, first) =>
        this.#fromCache({
          request: bare,
          route,
          target: { ...target, key: keyOf(slice) },
          slice,
          ...(first && trace && { trace }),
        }),
      holds: (slice) => store.peek(keyOf(slice)).length > 0 || store.mayHold?.(keyOf(slice)) === true,
      holdsWhole: () => store.peek(sliceKey(target.key, 0)).some(({ fields }) => !contentRange(fields)),
      drop: () => this.#forward.invalidateSlices(target.key),
      passOn: (detail) => this.#forward.passOn(context, 'bypass', detail),
      nowMs: now(),
    });
  }

  #fromCache(context: RequestContext): Answer | Promise<Answer> {
    const { store } = this.#options;
    const { key } = context.target;
    const candidates = store.get(key);
    if (candidates.length === 0 && store.load && store.mayHold?.(key)) {
      return store.load(key).then((loaded) => this.#decide(context, loaded));
    }
    return this.#decide(context, candidates);
  }

  #decide(context: RequestContext, candidates: readonly StoredResponse[]): Answer | Promise<Answer> {
    const nowMs = this.#options.now();
    const reuse = this.#reuse(context, candidates, nowMs);
    context.trace?.lookup(reuse, candidates, context.route, nowMs);
    if (reuse.action === 'serve') return this.#serve(context, reuse, nowMs);
    const { request } = context;
    if (wantsOnlyCached(request.fields)) {
      return ownAnswer(504, { reason: 'only-if-cached' }, { detail: 'only-if-cached' }, request.method);
    }
    return this.#forward.fetch(context, candidates, reuse);
  }

  #reuse(
    context: RequestContext,
    candidates: readonly StoredResponse[],
    nowMs: number,
  ): Reuse<StoredResponse> {
    // What was made for the origin's eyes is what Vary compares; without Vary nobody looks.
    const varies = candidates.some(({ varyNames }) => varyNames.length > 0);
    const { route, request } = context;
    if (varies) context.view ??= cacheableView(route, request.fields);
    return decideReuse(context.view ?? request.fields, candidates, nowMs, route);
  }

  #serve(
    context: RequestContext,
    reuse: Extract<Reuse<StoredResponse>, { action: 'serve' }>,
    nowMs: number,
  ): Answer {
    const { stored, ttlSeconds, stale, detail } = reuse;
    if (stale === 'stale-while-revalidate') this.#forward.refreshInBackground(context, stored);
    const form = servedForm(this.#options, context, stored);
    const answer = answerFromStore(context.request, form, { hit: true, ttl: ttlSeconds, detail }, nowMs);
    answer.route = context.route.name;
    answer.key = context.target.key;
    return answer;
  }
}

function tooMany(request: EdgeRequest, retryAfterSeconds: number): Answer {
  const reason = { reason: 'too many requests' };
  const answer = ownAnswer(429, reason, { detail: 'rate-limit' }, request.method);
  return { ...answer, fields: [...answer.fields, 'Retry-After', String(retryAfterSeconds)] };
}
