// Answers made from what the cache holds or gets: the whole, a 304 when the client has it already, a byte range, the
// head alone. And the answers the edge gives itself when there is nothing to give.

import type { CacheStatus } from './cache-status.ts';
import type { Answer, AnswerBody, EdgeRequest } from './edge-request.ts';
import { type Fields, fieldValue, withoutFields } from './fields.ts';
import { currentAgeSeconds } from './freshness.ts';
import type { GrowingBody } from './growing-body.ts';
import { requestedRange } from './range.ts';
import type { ResponseHead, StoredResponse } from './stored-response.ts';
import type { UpstreamFailure } from './upstream.ts';
import { clientHasIt, notModifiedFields } from './validation.ts';

/** From a complete stored response. `representation` is it in another coding, where the client gets that. */
export function answerFromStore(
  request: EdgeRequest,
  representation: StoredResponse,
  cacheStatus: CacheStatus,
  nowMs: number,
): Answer {
  if (isPlain(request) && representation.status === 200) {
    return new WholeAnswer(representation, cacheStatus, nowMs);
  }
  const { status, size } = representation;
  const fields = aged(withContentLength(representation.fields, size), representation, cacheStatus, nowMs);
  const body: AnswerBody = { kind: 'chunks', chunks: representation.body };
  return shape(request, { status, fields, size, body }, cacheStatus, nowMs);
}

/** A GET without conditions or ranges: it gets the response whole. */
function isPlain({ method, fields }: EdgeRequest): boolean {
  if (method !== 'GET') return false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    // `Range` and all that begins with `If-`: told by length and first letter before any comparison.
    const first = name.charCodeAt(0) | 32;
    if (first === 114 && name.length === 5 && name.toLowerCase() === 'range') return false;
    if (first === 105 && name.length > 7 && CONDITIONAL.test(name)) return false;
  }
  return true;
}

const CONDITIONAL = /^if-/i;

/** A stored response as it is. Its fields and body are made when they are asked for: a hot one is written from what was kept. */
class WholeAnswer implements Answer {
  readonly status = 200;
  readonly stored: StoredResponse;
  readonly cacheStatus: CacheStatus;
  route?: string;
  key?: string;
  traceId?: string;
  readonly #nowMs: number;
  #fields: string[] | undefined;

  constructor(stored: StoredResponse, cacheStatus: CacheStatus, nowMs: number) {
    this.stored = stored;
    this.cacheStatus = cacheStatus;
    this.#nowMs = nowMs;
  }

  get body(): AnswerBody {
    return { kind: 'chunks', chunks: this.stored.body };
  }

  get fields(): string[] {
    this.#fields ??= [
      ...withContentLength(this.stored.fields, this.stored.size),
      ...ageFields(this.stored, true, this.#nowMs),
    ];
    return this.#fields;
  }
}

/** From a response that is still arriving, as the one who asked for it or as one who waited. */
export function answerFromBody(
  request: EdgeRequest,
  head: ResponseHead,
  body: GrowingBody,
  cacheStatus: CacheStatus,
  nowMs: number,
): Answer {
  const length = fieldValue(head.fields, 'content-length');
  const size = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  const reader = body.reader();
  const fields = aged([...head.fields], head, cacheStatus, nowMs);
  const whole: Representation = { status: head.status, fields, size, body: { kind: 'stream', reader } };
  const answer = shape(request, whole, cacheStatus, nowMs);
  if (answer.body.kind === 'none') reader.cancel();
  return answer;
}

function aged(fields: string[], head: ResponseHead, { hit }: CacheStatus, nowMs: number): string[] {
  return [...fields, ...ageFields(head, hit ?? false, nowMs)];
}

/**
 * A response that comes straight from the origin has no Age unless the origin's had one. Nor has what was pushed: it is at
 * its origin here, and with an Age its clients would find it stale sooner than it says.
 */
function ageFields(head: ResponseHead, hit: boolean, nowMs: number): Fields {
  if (head.lifetimeFrom === 'pushed') return [];
  const age = Math.floor(currentAgeSeconds(head, nowMs));
  return hit || age > 0 ? ['Age', String(age)] : [];
}

/** A complete response, or one that will be: `fields` with Age. */
export interface Representation {
  status: number;
  fields: string[];
  /** Bytes; undefined when nobody knows yet. */
  size: number | undefined;
  body: AnswerBody;
}

/** Conditions, ranges and HEAD, evaluated here because the origin was asked for the whole (RFC 9110 section 13.2.2). */
export function shape(
  request: EdgeRequest,
  { status, fields, size, body }: Representation,
  cacheStatus: CacheStatus,
  nowMs: number,
): Answer {
  if (status === 200 && clientHasIt(request.fields, fields, nowMs)) {
    return { status: 304, fields: notModifiedFields(fields), body: { kind: 'none' }, cacheStatus };
  }
  if (request.method === 'HEAD') return { status, fields, body: { kind: 'none' }, cacheStatus };
  const range =
    status === 200 && size !== undefined ? requestedRange(request.fields, fields, size) : undefined;
  if (range === undefined) return { status, fields, body, cacheStatus };
  const whole = withoutFields(fields, new Set(['content-length']));
  if (range === 'unsatisfiable') {
    return {
      status: 416,
      fields: [...whole, 'Content-Range', `bytes */${size}`, 'Content-Length', '0'],
      body: { kind: 'none' },
      cacheStatus,
    };
  }
  const length = range.last - range.first + 1;
  return {
    status: 206,
    fields: [
      ...whole,
      'Content-Range',
      `bytes ${range.first}-${range.last}/${size}`,
      'Content-Length',
      String(length),
    ],
    body,
    slice: { first: range.first, length },
    cacheStatus,
  };
}

/** The edge's own answer: JSON with what happened and why, never stored by anyone. */
export function ownAnswer(
  status: number,
  content: Record<string, unknown>,
  cacheStatus: CacheStatus,
  method = 'GET',
): Answer {
  return jsonAnswer(status, { status, ...content }, cacheStatus, method);
}

export function jsonAnswer(
  status: number,
  content: object,
  cacheStatus: CacheStatus,
  method: string,
): Answer {
  const text = Buffer.from(`${JSON.stringify(content)}\n`);
  return {
    status,
    fields: [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(text.length),
      'Cache-Control',
      'no-store',
    ],
    body: method === 'HEAD' ? { kind: 'none' } : { kind: 'chunks', chunks: [text] },
    cacheStatus,
  };
}

export function failureAnswer(method: string, failure: UpstreamFailure, cacheStatus: CacheStatus): Answer {
  const content = { reason: failure.error, detail: failure.detail };
  const answer = ownAnswer(failure.status, content, { ...cacheStatus, detail: failure.error }, method);
  return { ...answer, failure: failure.error };
}

function withContentLength(fields: Fields, size: number): string[] {
  return [...withoutFields(fields, new Set(['content-length'])), 'Content-Length', String(size)];
}
