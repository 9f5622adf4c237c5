// Why a request was answered as it was, in order and in sentences: the route, the key, what was found, what gave the
// lifetime, why it was stale or not stored, where it was sent, how long it took. The pipeline records plain facts while it
// decides (DecisionRecord); the sentences are made of them only when somebody reads. Pure.

import type { CacheStatus } from './cache-status.ts';
import { explainForward } from './explain-forward.ts';
import { explainLookup } from './explain-lookup.ts';
import { explainRoute } from './explain-route.ts';

/** All parts but the first are recorded as far as the request got. */
export interface DecisionRecord {
  /** Request id: what the trace is found by afterwards. */
  id: string;
  /** Milliseconds since the epoch. */
  atMs: number;
  request: { method: string; authority: string; pathAndQuery: string; clientAddress: string };
  /** `pattern`: what of its match the request fell under; absent for the default route. */
  route?: { name: string; pattern?: string };
  rateLimit?: { allowed: boolean; remaining: number; retryAfterSeconds: number };
  bypass?: string;
  key?: {
    key: string;
    /** What the origin is asked for, where the route changes it. */
    pathAndQuery?: string;
    droppedParameters?: readonly string[];
    droppedFields?: readonly string[];
  };
  lookup?: {
    /** `fresh`, `stale`, `not-stored`, `vary-miss`, or the reason of reuse.ts. */
    result: string;
    candidates: number;
    varyNames?: readonly string[];
  };
  /** Of the response that was served or looked at. */
  lifetime?: {
    seconds: number;
    /** LifetimeSource of freshness.ts. */
    from: string;
    ageSeconds: number;
    /** The field that was obeyed, where it is not Cache-Control: `cdn-cache-control`. */
    field?: string;
    /** The route's bound that changed it. */
    bounded?: 'min' | 'max';
  };
  /** `because` as explain-stale.ts says it. */
  stale?: { served: boolean; cause: string; because: string };
  forward?: {
    reason: string;
    collapsed?: boolean;
    /** `origin a`, `parent fra`, `peer 10.0.0.2:80`. */
    upstream?: string;
    attempts?: number;
    status?: number;
    failure?: string;
  };
  storage?: { stored: boolean; reason?: string; key?: string };
  encoding?: {
    encoding: string;
    reason: string;
    /** This form is not there yet: the client gets the identity meanwhile. */
    pending?: boolean;
  };
  /** Milliseconds from the request's arrival. */
  timings?: { decidedMs?: number; upstreamHeadMs?: number; answeredMs?: number };
  status?: number;
  cacheStatus?: CacheStatus;
}

export interface ExplainedStep {
  about:
    | 'request'
    | 'route'
    | 'limit'
    | 'bypass'
    | 'key'
    | 'lookup'
    | 'lifetime'
    | 'stale'
    | 'forward'
    | 'storage'
    | 'encoding'
    | 'answer'
    | 'timings';
  /** One sentence. */
  text: string;
  data?: object;
}

export function explainDecision(record: DecisionRecord): ExplainedStep[] {
  return [
    ...explainRoute(record),
    ...explainLookup(record),
    ...explainForward(record),
    ...explainAnswer(record),
  ];
}

function explainAnswer({ encoding, status, timings }: DecisionRecord): ExplainedStep[] {
  const steps: ExplainedStep[] = [];
  if (encoding && encoding.reason !== 'not-configured') {
    steps.push({
      about: 'encoding',
      text: encoding.pending
        ? `Its form in ${encoding.encoding} is being made; until then the identity goes out.`
        : `It goes out as ${encoding.encoding}: ${encoding.reason.replaceAll('-', ' ')}.`,
      data: encoding,
    });
  }
  if (status !== undefined)
    steps.push({ about: 'answer', text: `The client gets ${status}.`, data: { status } });
  if (timings) {
    const parts = [
      timings.decidedMs === undefined ? undefined : `decided after ${rounded(timings.decidedMs)} ms`,
      timings.upstreamHeadMs === undefined
        ? undefined
        : `upstream's head after ${rounded(timings.upstreamHeadMs)} ms`,
      timings.answeredMs === undefined ? undefined : `answered after ${rounded(timings.answeredMs)} ms`,
    ].filter((part) => part !== undefined);
    if (parts.length > 0)
      steps.push({ about: 'timings', text: `${sentence(parts.join(', '))}.`, data: timings });
  }
  return steps;
}

function rounded(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 2 : 0);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
