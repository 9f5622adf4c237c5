// Writes down what happens to a request, for those that are to be explained: asked for by a client that may, or one in
// so many. All others carry none of this.

import type { EncodingChoice } from './compress/choose-encoding.ts';
import type { Answer, EdgeRequest } from './edge-request.ts';
import { type DecisionRecord, explainDecision } from './explain.ts';
import { asksForTrace, TRACE_FIELD, traceHeaderValue } from './explain-header.ts';
import { staleBecause } from './explain-stale.ts';
import { currentAgeSeconds } from './freshness.ts';
import { staleAllowance } from './freshness-stale.ts';
import type { RateDecision } from './limit/rate-table.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import { policyRecord } from './policy/policy-record.ts';
import type { RoutePolicy } from './policy/route-policy.ts';
import type { Reuse } from './reuse.ts';
import type { ResponseHead, StoredResponse } from './stored-response.ts';
import type { UpstreamChoice } from './upstream.ts';

let requests = 0;

/** Undefined for a request that nobody wants explained. */
export function traceOf(
  options: PipelineOptions,
  request: EdgeRequest,
  route: RoutePolicy,
  nowMs: number,
): RequestTrace | undefined {
  const { traces, site } = options;
  requests++;
  const asked = asksForTrace(request.fields) && traces.allowed(request.clientAddress);
  if (!asked && (traces.sample === 0 || requests % traces.sample !== 0)) return undefined;
  const { method, authority, pathAndQuery, clientAddress } = request;
  const trace = new RequestTrace(
    {
      id: options.requestId(),
      atMs: nowMs,
      request: { method, authority, pathAndQuery, clientAddress },
      ...policyRecord(route, request, site),
    },
    asked,
    options.now,
  );
  traces.log.add(trace.record);
  return trace;
}

export class RequestTrace {
  readonly record: DecisionRecord;
  readonly #asked: boolean;
  readonly #now: () => number;

  constructor(record: DecisionRecord, asked: boolean, now: () => number) {
    this.record = record;
    this.#asked = asked;
    this.#now = now;
  }

  limited({ allowed, remaining, retryAfterSeconds }: RateDecision): void {
    this.record.rateLimit = { allowed, remaining, retryAfterSeconds };
  }

  lookup(
    reuse: Reuse<StoredResponse>,
    candidates: readonly StoredResponse[],
    route: RoutePolicy,
    nowMs: number,
  ): void {
    const { record } = this;
    const names = [...new Set(candidates.flatMap(({ varyNames }) => varyNames))];
    const result = reuse.action === 'serve' ? (reuse.stale ? 'stale' : 'fresh') : reuse.reason;
    record.lookup = { result, candidates: candidates.length, ...(names.length > 0 && { varyNames: names }) };
    if (reuse.action !== 'fetch') this.#lifetime(reuse.stored, nowMs);
    if (reuse.action === 'serve' && reuse.stale) {
      const { stored, stale: cause } = reuse;
      const because =
        cause === 'max-stale'
          ? 'the client accepts it'
          : staleBecause(staleAllowance(stored.cacheControl, cause, route), cause);
      record.stale = { served: true, cause, because };
    }
    record.timings = { ...record.timings, decidedMs: this.#elapsed() };
  }

  chosen({ tier, member, attempt }: UpstreamChoice): void {
    const { forward } = this.record;
    this.record.forward = { reason: '', ...forward, upstream: `${tier} ${member}`, attempts: attempt };
  }

  forwarded(reason: string, collapsed: boolean): void {
    this.record.forward = { ...this.record.forward, reason, collapsed };
  }

  arrived(
    head: ResponseHead | undefined,
    storage: { stored: boolean; reason?: string } | undefined,
    failure?: string,
  ): void {
    const { record } = this;
    record.forward = {
      reason: '',
      ...record.forward,
      ...(head && { status: head.status }),
      ...(failure !== undefined && { failure }),
    };
    if (head) this.#lifetime(head, this.#now());
    if (storage) record.storage = storage;
    record.timings = { ...record.timings, upstreamHeadMs: this.#elapsed() };
  }

  /** `pending`: the client gets the identity, because this form is still to be made. */
  encoding({ encoding, reason }: EncodingChoice, pending: boolean): void {
    this.record.encoding = { encoding, reason, ...(pending && { pending }) };
  }

  /** The answer, with its explanation where that was asked for. */
  end(answer: Answer): Answer {
    const { record } = this;
    record.status = answer.status;
    record.cacheStatus = answer.cacheStatus;
    record.timings = { ...record.timings, answeredMs: this.#elapsed() };
    if (!this.#asked) return Object.assign(answer, { traceId: record.id });
    const { status, body, slice, cacheStatus, failure, route, key } = answer;
    const fields = [...answer.fields, TRACE_FIELD, traceHeaderValue(record.id, explainDecision(record))];
    // Without `stored`: what was kept of this response has no explanation in it.
    return {
      status,
      fields,
      body,
      cacheStatus,
      ...(slice && { slice }),
      ...(failure !== undefined && { failure }),
      ...(route !== undefined && { route }),
      ...(key !== undefined && { key }),
      traceId: record.id,
    };
  }

  #lifetime(head: ResponseHead, nowMs: number): void {
    this.record.lifetime = {
      seconds: head.lifetimeSeconds,
      from: head.lifetimeFrom,
      ageSeconds: Math.floor(currentAgeSeconds(head, nowMs)),
      ...(head.cacheControl.field !== undefined && { field: head.cacheControl.field }),
    };
  }

  #elapsed(): number {
    return this.#now() - this.record.atMs;
  }
}
