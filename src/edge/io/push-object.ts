// An object that nobody asked an origin for: pushed by an operator, with the fields it is to be served with.

import { createHash } from 'node:crypto';
import { type Fields, fieldValue, withoutFields } from '../fields.ts';
import { ttlSeconds } from '../freshness.ts';
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

/** What an edge holds for a URL, without the body: whether a push would change anything is seen by it. */
export interface HeldObject {
  url: string;
  bytes: number;
  etag: string | undefined;
  contentType: string | undefined;
  cacheControl: string | undefined;
  tags: readonly string[];
  /** What is left of its lifetime, in seconds; 0 or less means stale. */
  ttlSeconds: number;
  pinned: boolean;
}

/** Practically for ever: until it is pushed anew or purged. */
export const PUSHED_TTL_SECONDS = 365 * 86_400;
/** It is held in memory until it is whole, at either end. */
export const MOST_PUSHED_BYTES = 256 * 1024 * 1024;
/** An object that has less of its lifetime left is pushed again though it is the same: else it would end unnoticed. */
const RENEW_BELOW = 1 / 2;

/** As the store holds it. Its ETag is of its bytes, so that all edges it is pushed to have the same. */
export function storedFromPush(object: PushedObject, nowMs: number): StoredResponse {
  const size = object.body.length;
  const fields: Fields = [
    'Content-Type',
    object.contentType,
    'Content-Length',
    String(size),
    'Cache-Control',
    cacheControlOf(object),
    'ETag',
    etagOf(object.body),
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
  return {
    ...head,
    // This edge is its origin: Date is when it is sent, or clients would take it for as old as the push.
    fields: withoutFields(head.fields, new Set(['date'])),
    lifetimeSeconds: object.ttlSeconds,
    lifetimeFrom: 'pushed',
    body,
    size,
    ...tags,
  };
}

export function heldObject(url: string, stored: StoredResponse, pinned: boolean, nowMs: number): HeldObject {
  return {
    url,
    bytes: stored.size,
    etag: fieldValue(stored.fields, 'etag'),
    contentType: fieldValue(stored.fields, 'content-type'),
    cacheControl: fieldValue(stored.fields, 'cache-control'),
    tags: stored.tags ?? [],
    ttlSeconds: ttlSeconds(stored, nowMs),
    pinned,
  };
}

/** Whether pushing this object would change nothing. */
export function isHeld(held: HeldObject, object: PushedObject): boolean {
  return (
    held.etag === etagOf(object.body) &&
    held.contentType === object.contentType &&
    held.cacheControl === cacheControlOf(object) &&
    held.tags.join(' ') === object.tags.join(' ') &&
    held.pinned === object.pin &&
    held.ttlSeconds >= object.ttlSeconds * RENEW_BELOW
  );
}

function cacheControlOf({ cacheControl, ttlSeconds }: PushedObject): string {
  return cacheControl ?? `public, max-age=${ttlSeconds}`;
}

/** Of the bytes alone: what is compressed on the way out has its own. */
function etagOf(body: Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
