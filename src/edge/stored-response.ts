// A response as the cache keeps it: what the origin said, when, and everything derived from it once (lifetime, Vary,
// directives), so that a hit parses nothing.

import type { CacheControl } from './cache-control.ts';
import { endToEndFields, type Fields, fieldValue, hasField, onlyFields, withoutFields } from './fields.ts';
import { withheldNames } from './fields-withheld.ts';
import { type Ageing, freshnessLifetime, initialAgeSeconds, type LifetimeSource } from './freshness.ts';
import { type CachingRules, NO_RULES } from './freshness-rules.ts';
import { responseCacheControl } from './targeted-control.ts';
import { updateStoredFields } from './validation.ts';
import { parseVary, secondaryKey } from './vary.ts';

export interface ResponseHead extends Ageing {
  status: number;
  /** End-to-end fields as received, with a Date, without Age and without what is withheld. */
  fields: Fields;
  /** Fields for the client who asked and nobody else (fields-withheld.ts); never stored. */
  withheld?: Fields;
  lifetimeFrom: LifetimeSource;
  /** What this cache obeys: a targeted field or Cache-Control. */
  cacheControl: CacheControl;
  /** Request fields that Vary names, and what the request had in them. */
  varyNames: readonly string[];
  secondaryKey: string;
}

export interface StoredResponse extends ResponseHead {
  body: readonly Uint8Array[];
  /** Bytes of the body. */
  size: number;
  /** Surrogate keys: what a purge by tag looks for. */
  tags?: readonly string[];
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

export function responseHead(received: ReceivedHead, rules: CachingRules = NO_RULES): ResponseHead {
  const { status, requestTimeMs, responseTimeMs } = received;
  const all = withoutFields(endToEndFields(received.fields), new Set(['age']));
  // RFC 9110 section 6.6.1: who receives a response without Date puts in the time of its arrival.
  if (!hasField(all, 'date')) all.push('Date', new Date(responseTimeMs).toUTCString());
  const cacheControl = responseCacheControl(all, rules.targets);
  const lifetime = freshnessLifetime(all, cacheControl, responseTimeMs, status, rules);
  const vary = parseVary(fieldValue(all, 'vary'), rules);
  const withheld = withheldNames(cacheControl, rules);
  return {
    status,
    fields: withheld.size > 0 ? withoutFields(all, withheld) : all,
    ...(withheld.size > 0 ? { withheld: onlyFields(all, withheld) } : undefined),
    initialAgeSeconds: initialAgeSeconds(received.fields, requestTimeMs, responseTimeMs),
    responseTimeMs,
    lifetimeSeconds: lifetime.seconds,
    lifetimeFrom: lifetime.from,
    cacheControl,
    varyNames: vary.names,
    secondaryKey: secondaryKey(vary.names, received.requestFields),
  };
}

/** A whole response as it goes into the store. */
export function storedResponse(
  head: ResponseHead,
  chunks: readonly Uint8Array[],
  size: number,
): StoredResponse {
  const { withheld: _, ...kept } = head;
  return { ...kept, body: compactBody(chunks, size), size };
}

/**
 * The stored response after the origin's 304, or after a HEAD that agrees with it: new fields and a new age over the old
 * body (RFC 9111 sections 4.3.4 and 4.3.5). Its storability must be judged anew: the news may say no-store or private.
 */
export function refreshed(
  stored: StoredResponse,
  notModified: ReceivedHead,
  rules: CachingRules = NO_RULES,
): StoredResponse {
  // A cookie that came with a 304 is one client's, and no reason to throw away a body that everybody may have.
  const news = rules.storeSetCookie
    ? notModified.fields
    : withoutFields(notModified.fields, new Set(['set-cookie']));
  const fields = updateStoredFields(stored.fields, news);
  const head = responseHead({ ...notModified, status: stored.status, fields }, rules);
  const initialAge = initialAgeSeconds(
    notModified.fields,
    notModified.requestTimeMs,
    notModified.responseTimeMs,
  );
  const { withheld: _, ...kept } = head;
  return { ...kept, initialAgeSeconds: initialAge, body: stored.body, size: stored.size };
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
