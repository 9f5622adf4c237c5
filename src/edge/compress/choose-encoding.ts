// Which content coding an answer goes out in (RFC 9110 sections 8.4 and 12.5.3): what the client weighs highest of what the
// route offers, if the response is worth it and may be transformed at all. Every choice carries its reason.

import { hasDirective, parseCacheControl } from '../cache-control.ts';
import { type Fields, fieldValue, hasField } from '../fields.ts';
import { acceptedCodings } from '../policy/accept-encoding.ts';
import type { CompressPolicy, ContentCoding } from '../policy/route-policy.ts';
import { taggedCoding } from './encoded-fields.ts';

export interface EncodingChoice {
  encoding: ContentCoding | 'identity';
  reason:
    | 'negotiated'
    | 'not-configured'
    | 'status'
    | 'already-encoded'
    | 'no-transform'
    | 'type'
    | 'too-small'
    | 'range'
    | 'if-range'
    | 'client-prefers-identity'
    | 'client-accepts-no-coding'
    | 'identity-refused-in-vain';
  /** Another client could get another coding: the answer must say `Vary: Accept-Encoding`. */
  varies: boolean;
}

export interface EncodableHead {
  status: number;
  fields: Fields;
  /** Bytes of the body where known; else Content-Length counts. */
  size?: number;
}

/** `head` is the identity response's; of a HEAD request too, which gets the fields that GET would. */
export function chooseEncoding(
  requestFields: Fields,
  head: EncodableHead,
  policy: CompressPolicy | undefined,
): EncodingChoice {
  if (policy === undefined) return NOT_CONFIGURED;
  const never = exclusion(head, policy);
  if (never) return never;
  const accepted = acceptedCodings(fieldValue(requestFields, 'accept-encoding'));
  const refused = accepted.identity === 0;
  const size = head.size ?? contentLength(head.fields);
  // Who cannot read identity gets small bodies compressed as well.
  if (size !== undefined && size < policy.minBytes && !refused) return fixed('too-small');
  if (hasField(requestFields, 'range')) return rangeChoice(requestFields, policy);
  let best: { coding: ContentCoding; weight: number } | undefined;
  for (const coding of policy.encodings) {
    const weight = accepted.weights.get(coding) ?? 0;
    if (weight > (best?.weight ?? 0)) best = { coding, weight };
  }
  if (best === undefined) {
    const reason = refused ? 'identity-refused-in-vain' : 'client-accepts-no-coding';
    return { encoding: 'identity', reason, varies: true };
  }
  if (accepted.identity > best.weight) {
    return { encoding: 'identity', reason: 'client-prefers-identity', varies: true };
  }
  return { encoding: best.coding, reason: 'negotiated', varies: true };
}

/** Byte ranges are of the identity, unless If-Range holds the tag of a stored coding: then of that one. */
function rangeChoice(requestFields: Fields, policy: CompressPolicy): EncodingChoice {
  const coding = taggedCoding(fieldValue(requestFields, 'if-range'));
  return coding !== undefined && policy.encodings.includes(coding)
    ? { encoding: coding, reason: 'if-range', varies: true }
    : { encoding: 'identity', reason: 'range', varies: true };
}

const NOT_CONFIGURED = fixed('not-configured');

/** By the response itself, which a store keeps for all its hits; its fields may be made anew each time they are read. */
const exclusions = new WeakMap<
  EncodableHead,
  { policy: CompressPolicy; never: EncodingChoice | undefined }
>();

/** Why this response is never compressed, whoever asks. */
function exclusion(head: EncodableHead, policy: CompressPolicy): EncodingChoice | undefined {
  const known = exclusions.get(head);
  if (known?.policy === policy) return known.never;
  const never = whyNever(head, policy);
  exclusions.set(head, { policy, never });
  return never;
}

function whyNever({ status, fields }: EncodableHead, policy: CompressPolicy): EncodingChoice | undefined {
  if (!WITH_WHOLE_BODY.has(status)) return fixed('status');
  if (isEncoded(fields)) return fixed('already-encoded');
  const cacheControl = fieldValue(fields, 'cache-control');
  if (cacheControl !== undefined && hasDirective(parseCacheControl(cacheControl), 'no-transform')) {
    return fixed('no-transform');
  }
  return isCompressible(fieldValue(fields, 'content-type'), policy.types) ? undefined : fixed('type');
}

function fixed(reason: EncodingChoice['reason']): EncodingChoice {
  return { encoding: 'identity', reason, varies: false };
}

/** 206 and 304 are parts and references of other answers; 204 and 3xx have no body worth it. */
const WITH_WHOLE_BODY = new Set([200, 203, 400, 403, 404, 410, 500, 502, 503, 504]);

function isEncoded(fields: Fields): boolean {
  const value = fieldValue(fields, 'content-encoding');
  return value !== undefined && value.trim().toLowerCase() !== 'identity';
}

/** `types` as `text/*` or whole media types. An event stream must not wait in a compressor. */
export function isCompressible(contentType: string | undefined, types: readonly string[]): boolean {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type === 'text/event-stream') return false;
  return types.includes(type) || types.includes(`${type.split('/', 1)[0]}/*`);
}

function contentLength(fields: Fields): number | undefined {
  const value = fieldValue(fields, 'content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
