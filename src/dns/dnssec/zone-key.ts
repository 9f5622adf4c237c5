// A key that signs a zone: ECDSA P-256 with SHA-256 (algorithm 13, RFC 6605), the one that RFC 8624 tells signers to use.
// Plain data, so that it can be handed to worker threads. Its DNSKEY, DS, CDS and CDNSKEY records (RFC 4034, RFC 7344).

import { createHash } from 'node:crypto';
import type { Name } from '../wire/name.ts';

export const ECDSA_P256_SHA256 = 13;

/** DNSKEY flags (RFC 4034 section 2.1.1): every key here is a zone key; SEP marks those that the parent's DS points at. */
export const ZONE_KEY_FLAG = 0x0100;
export const SEP_FLAG = 0x0001;

const SHA256_DIGEST = 2; // RFC 4509
const DNSSEC_PROTOCOL = 3; // RFC 4034 section 2.1.2

/** Moments in seconds since 1970, as dnssec-settime writes them; absent: never. */
export interface KeyTiming {
  /** From then on among the DNSKEY records. */
  publish?: number;
  /** From then on it signs. */
  activate?: number;
  /** From then on it no longer signs. */
  inactive?: number;
  /** From then on no longer among the DNSKEY records. */
  delete?: number;
  /** From then on, and until then, the CDS and CDNSKEY records ask the parent for it. */
  syncPublish?: number;
  syncDelete?: number;
}

export interface ZoneKey {
  zone: Name;
  flags: number;
  /** 64 bytes: X and Y. */
  publicKey: Uint8Array;
  /** 32 bytes: the secret scalar. */
  privateKey: Uint8Array;
  timing: KeyTiming;
  /** The private file's name, for messages. */
  file: string;
}

/** A key that the parent's DS points at: a KSK, or a CSK. */
export function isKeySigningKey(key: ZoneKey): boolean {
  return (key.flags & SEP_FLAG) !== 0;
}

/** RDATA of its DNSKEY record, and of its CDNSKEY record (RFC 7344 section 3.2). */
export function dnskeyRdata(key: Pick<ZoneKey, 'flags' | 'publicKey'>): Buffer {
  const fixed = Buffer.from([key.flags >> 8, key.flags, DNSSEC_PROTOCOL, ECDSA_P256_SHA256]);
  return Buffer.concat([fixed, key.publicKey]);
}

/** RFC 4034 appendix B: names a key in RRSIG and DS records, though not uniquely. */
export function keyTag(key: Pick<ZoneKey, 'flags' | 'publicKey'>): number {
  let sum = 0;
  for (const [i, byte] of dnskeyRdata(key).entries()) sum += i % 2 === 0 ? byte << 8 : byte;
  return (sum + (sum >>> 16)) & 0xffff;
}

/** RDATA of its DS record, which the parent needs, and of its CDS record: always SHA-256 (RFC 8624 section 3.3). */
export function dsRdata(key: Pick<ZoneKey, 'zone' | 'flags' | 'publicKey'>): Buffer {
  const tag = keyTag(key);
  const digest = createHash('sha256').update(key.zone, 'latin1').update(dnskeyRdata(key)).digest();
  return Buffer.concat([Buffer.from([tag >> 8, tag, ECDSA_P256_SHA256, SHA256_DIGEST]), digest]);
}
