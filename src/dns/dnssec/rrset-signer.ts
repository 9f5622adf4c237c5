// Makes the RRSIG RRset of an RRset, and keeps signatures: P-256 costs tens of microseconds, finding one again costs one.
// The cache is bounded, because a client can ask for any number of names that do not exist, each with its own proof.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { TYPES } from '../wire/constants.ts';
import type { OwnedRRset, Rdata } from '../wire/record.ts';
import { canonicalRecords, labelCount, signaturePrefix } from './canonical.ts';
import { signatureWindow } from './signature-window.ts';
import { keyTag, type ZoneKey } from './zone-key.ts';

/** An RRset whose TTL may be served lower than it is signed: a steered name's TTL falls when health is about to change. */
export interface SignableRRset extends OwnedRRset {
  /** The most that the TTL can be; the RRSIG's "original TTL" (RFC 4034 section 3.1.4). Without it, `ttlSeconds`. */
  originalTtlSeconds?: number;
}

export interface SignatureCounters {
  /** Signatures made. */
  made: number;
  /** Signatures found in the cache. */
  reused: number;
}

/** May outlive a reload of zones or keys: entries are found by all that was signed, and by which key. */
export class SignatureCache {
  readonly counters: SignatureCounters = { made: 0, reused: 0 };
  readonly entries: LRUCache<string, Rdata>;
  constructor(maxEntries: number) {
    this.entries = new LRUCache({ max: maxEntries });
  }
}

interface PreparedKey {
  object: KeyObject;
  tag: number;
  /** Tells keys of one zone with the same tag apart. */
  id: string;
}

const prepared = new WeakMap<ZoneKey, PreparedKey>();

/** Signatures by each of `keys`, and until when they may be used again. */
export function signRRset(
  rrset: SignableRRset,
  keys: readonly ZoneKey[],
  cache: SignatureCache,
  validitySeconds: number,
  nowSeconds: number,
): { rrsig: OwnedRRset; untilSeconds: number } {
  const { owner, type } = rrset;
  const originalTtlSeconds = Math.max(rrset.originalTtlSeconds ?? 0, rrset.ttlSeconds);
  const window = signatureWindow(owner, type, validitySeconds, nowSeconds);
  const records = canonicalRecords(owner, rrset, originalTtlSeconds);
  const labels = labelCount(owner);
  const rdata = keys.map((key) => {
    const { object, tag, id } = prepare(key);
    const prefix = signaturePrefix({
      typeCovered: type,
      labels,
      originalTtlSeconds,
      ...window,
      keyTag: tag,
      signer: key.zone,
    });
    const signed = prefix + records;
    const found = cache.entries.get(id + signed);
    if (found) {
      cache.counters.reused++;
      return found;
    }
    cache.counters.made++;
    const signature = fixedLength(sign('sha256', Buffer.from(signed, 'latin1'), object));
    const made: Rdata = { parts: [Buffer.concat([Buffer.from(prefix, 'latin1'), signature])] };
    cache.entries.set(id + signed, made);
    return made;
  });
  return {
    rrsig: { owner, type: TYPES.RRSIG, ttlSeconds: rrset.ttlSeconds, rdata },
    untilSeconds: window.untilSeconds,
  };
}

/**
 * R and S of 32 bytes each (RFC 6605 section 4) from their ASN.1 form, two integers in a sequence. node:crypto would do it
 * (`dsaEncoding`), but a key given with options costs it as much again as the signature: 53 microseconds instead of 24.
 */
export function fixedLength(der: Buffer): Buffer {
  const bytes = Buffer.alloc(64);
  let at = 2; // Behind the sequence's tag and length, which is below 128 here.
  for (const end of [32, 64]) {
    const length = der[at + 1] as number;
    const value = der.subarray(at + 2, at + 2 + length);
    // A leading zero keeps an integer positive and may make it 33 bytes; a small one is shorter.
    const digits = value.length > 32 ? value.subarray(value.length - 32) : value;
    digits.copy(bytes, end - digits.length);
    at += 2 + length;
  }
  return bytes;
}

function prepare(key: ZoneKey): PreparedKey {
  let ready = prepared.get(key);
  if (!ready) {
    const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: base64url(key.publicKey.subarray(0, 32)),
      y: base64url(key.publicKey.subarray(32)),
      d: base64url(key.privateKey),
    };
    ready = {
      object: createPrivateKey({ key: jwk, format: 'jwk' }),
      tag: keyTag(key),
      id: Buffer.from(key.publicKey.subarray(0, 8)).toString('latin1'),
    };
    prepared.set(key, ready);
  }
  return ready;
}
