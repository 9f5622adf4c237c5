// An object that nobody asked an origin for: pushed by an operator, with the fields it is to be served with.

import { createHash } from 'node:crypto';
import type { Fields } from '../fields.ts';
import { responseHead, type StoredResponse } from '../stored-response.ts';

export interface PushedObject {
  /** `http://host/path`, or a path where the edge has one site. */
  url: string;
  contentType: string;
  /** Without compression. */
  body: Uint8Array;
  /** For clients; `public, max-age=TTL` without it. */
  cacheControl?: string | undefined;
  /** How long the edge serves it without asking an origin, in seconds. */
  ttlSeconds: number;
  tags: readonly string[];
  pin: boolean;
}

/** Practically for ever: until it is pushed anew or purged. */
export const PUSHED_TTL_SECONDS = 365 * 86_400;

/** As the store holds it. Its ETag is of its bytes, so that all edges it is pushed to have the same. */
export function storedFromPush(object: PushedObject, nowMs: number): StoredResponse {
  const size = object.body.length;
  const fields: Fields = [
    'Content-Type',
    object.contentType,
    'Content-Length',
    String(size),
    'Cache-Control',
    object.cacheControl ?? `public, max-age=${object.ttlSeconds}`,
    'ETag',
    `"${createHash('sha256').update(object.body).digest('base64url').slice(0, 22)}"`,
    'Last-Modified',
    new Date(nowMs).toUTCString(),
    ...(object.tags.length > 0 ? ['Surrogate-Key', object.tags.join(' ')] : []),
  ];
  const head = responseHead({
    status: 200,
    fields,
    requestFields: [],
    requestTimeMs: nowMs,
    responseTimeMs: nowMs,
  });
  // A copy: a window on a larger buffer would hold all of that.
  const body = size === 0 ? [] : [new Uint8Array(object.body)];
  const tags = object.tags.length > 0 ? { tags: object.tags } : {};
  return { ...head, lifetimeSeconds: object.ttlSeconds, body, size, ...tags };
}
