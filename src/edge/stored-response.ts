// A response as the cache keeps it: what the origin said, when, and everything derived from it once (lifetime, Vary,
// directives), so that a hit parses nothing.

import { type CacheControl, parseCacheControl } from './cache-control.ts';
import { endToEndFields, type Fields, fieldValue, hasField, withoutFields } from './fields.ts';
import { type Ageing, freshnessLifetime, initialAgeSeconds, type LifetimeSource } from './freshness.ts';
import { updateStoredFields } from './validation.ts';
import { parseVary, secondaryKey } from './vary.ts';

export interface ResponseHead extends Ageing {
  status: number;
  /** End-to-end fields as received, with a Date, without Age. */
  fields: Fields;
  lifetimeFrom: LifetimeSource;
  cacheControl: CacheControl;
  /** Request fields that Vary names, and what the request had in them. */
  varyNames: readonly string[];
  secondaryKey: string;
}

export interface StoredResponse extends ResponseHead {
  body: readonly Uint8Array[];
  /** Bytes of the body. */
  size: number;
  /** Set after the origin failed under stale-if-error: until then it is not asked again. */
  originFailedUntilMs?: number;
}

export interface ReceivedHead {
  status: number;
  fields: Fields;
  requestFields: Fields;
  requestTimeMs: number;
  responseTimeMs: number;
}

export function responseHead(received: ReceivedHead): ResponseHead {
  const { requestTimeMs, responseTimeMs } = received;
  const fields = withoutFields(endToEndFields(received.fields), new Set(['age']));
  // RFC 9110 section 6.6.1: who receives a response without Date puts in the time of its arrival.
  if (!hasField(fields, 'date')) fields.push('Date', new Date(responseTimeMs).toUTCString());
  const cacheControl = parseCacheControl(fieldValue(fields, 'cache-control'));
  const lifetime = freshnessLifetime(fields, cacheControl, responseTimeMs);
  const vary = parseVary(fieldValue(fields, 'vary'));
  return {
    status: received.status,
    fields,
    initialAgeSeconds: initialAgeSeconds(received.fields, requestTimeMs, responseTimeMs),
    responseTimeMs,
    lifetimeSeconds: lifetime.seconds,
    lifetimeFrom: lifetime.from,
    cacheControl,
    varyNames: vary.names,
    secondaryKey: secondaryKey(vary.names, received.requestFields),
  };
}

/** The stored response after the origin's 304: new fields and a new age over the old body (RFC 9111 section 4.3.4). */
export function refreshed(stored: StoredResponse, notModified: ReceivedHead): StoredResponse {
  const fields = updateStoredFields(stored.fields, notModified.fields);
  const head = responseHead({ ...notModified, status: stored.status, fields });
  const initialAge = initialAgeSeconds(
    notModified.fields,
    notModified.requestTimeMs,
    notModified.responseTimeMs,
  );
  return { ...head, initialAgeSeconds: initialAge, body: stored.body, size: stored.size };
}

/** Bodies up to this size become one piece, which leaves with the head in one write. */
const ONE_PIECE_BYTES = 262_144;

/**
 * Bytes that own their memory. What comes from a socket is a window on its 64 KiB read buffer, so a stored object of
 * 300 bytes would hold 64 KiB that nobody counts.
 */
export function compactBody(chunks: readonly Uint8Array[], size: number): readonly Uint8Array[] {
  if (size > ONE_PIECE_BYTES) {
    return chunks.map((chunk) =>
      chunk.buffer.byteLength > chunk.length * 1.25 ? new Uint8Array(chunk) : chunk,
    );
  }
  // Not Buffer.concat, whose small results are windows on a shared pool again.
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return size === 0 ? [] : [whole];
}
