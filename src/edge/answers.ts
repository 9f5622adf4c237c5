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

/** From a complete stored response. */
export function answerFromStore(
  request: EdgeRequest,
  stored: StoredResponse,
  cacheStatus: CacheStatus,
  nowMs: number,
): Answer {
  const fields = withContentLength(stored.fields, stored.size);
  return shape(
    request,
    stored,
    fields,
    stored.size,
    { kind: 'chunks', chunks: stored.body },
    cacheStatus,
    nowMs,
  );
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
  const answer = shape(request, head, [...head.fields], size, { kind: 'stream', reader }, cacheStatus, nowMs);
  if (answer.body.kind === 'none') reader.cancel();
  return answer;
}

/** Conditions, ranges and HEAD, evaluated here because the origin was asked for the whole (RFC 9110 section 13.2.2). */
function shape(
  request: EdgeRequest,
  head: ResponseHead,
  fields: string[],
  size: number | undefined,
  body: AnswerBody,
  cacheStatus: CacheStatus,
  nowMs: number,
): Answer {
  const age = Math.floor(currentAgeSeconds(head, nowMs));
  const aged = cacheStatus.hit || age > 0 ? [...fields, 'Age', String(age)] : fields;
  if (head.status === 200 && clientHasIt(request.fields, fields, nowMs)) {
    return { status: 304, fields: notModifiedFields(aged), body: { kind: 'none' }, cacheStatus };
  }
  if (request.method === 'HEAD')
    return { status: head.status, fields: aged, body: { kind: 'none' }, cacheStatus };
  const range =
    head.status === 200 && size !== undefined ? requestedRange(request.fields, fields, size) : undefined;
  if (range === undefined) return { status: head.status, fields: aged, body, cacheStatus };
  const whole = withoutFields(aged, new Set(['content-length']));
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
