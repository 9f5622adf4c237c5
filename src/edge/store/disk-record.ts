// One stored response as bytes of a segment file: a header of 64 bytes, the head as JSON, the body, padded to 64. Every
// part has its CRC-32, so that what was torn by a crash or changed on the disk is dropped and never served. The header
// repeats its segment's random nonce: bytes that an origin sends as a body can never be taken for a record when a
// scan goes on after damage.
//
//   0 magic | 4 CRC of the rest of the header | 8 nonce (8) | 16 key hash (2 x 4) | 24 variant hash | 28 sequence
//   32 bytes of JSON | 36 bytes of body | 40 CRC of JSON | 44 CRC of body | 48 zeros

import { crc32 } from 'node:zlib';
import type { StoredResponse } from '../stored-response.ts';
import { keyHash } from './key-hash.ts';
import { plainResponse } from './packed-response.ts';

export const RECORD_HEADER_BYTES = 64;
const ALIGNMENT = 64;
const MAGIC = 0x31525443;
/** In the place of MAGIC, written over it when something newer is in memory: a restart then does not find the record. */
const RETIRED_MAGIC = 0x30525443;
export const RETIRED_MARK: Uint8Array = Uint8Array.from([0x43, 0x54, 0x52, 0x30]);
const HIGH_SEED = 0x5bd1e995;
/** Heads beyond this are no heads that an edge stores. */
const MAX_META_BYTES = 1_048_576;

/** What the index knows of a record: 96 bits of hashes, since a mistake is found by the key in the record. */
export interface RecordName {
  high: number;
  low: number;
  variant: number;
}

export interface RecordHeader extends RecordName {
  /** Replaced by something newer: sound, and not to be found again. */
  retired: boolean;
  /** The tier's purge sequence when the object was handed over. */
  sequence: number;
  metaBytes: number;
  bodyBytes: number;
  metaCrc: number;
  bodyCrc: number;
}

export interface StoredRecord {
  key: string;
  response: StoredResponse;
  sequence: number;
}

export function recordName(key: string, secondaryKey: string): RecordName {
  return { high: keyHash(key, HIGH_SEED), low: keyHash(key), variant: keyHash(secondaryKey) };
}

/** Bytes of the whole record, padding included. */
export function recordBytes(header: Pick<RecordHeader, 'metaBytes' | 'bodyBytes'>): number {
  return Math.ceil((RECORD_HEADER_BYTES + header.metaBytes + header.bodyBytes) / ALIGNMENT) * ALIGNMENT;
}

export function encodeRecord(record: StoredRecord, nonce: Uint8Array): Uint8Array[] {
  const { body, ...head } = plainResponse(record.response);
  const meta = Buffer.from(toJson({ key: record.key, head }));
  const name = recordName(record.key, head.secondaryKey);
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  const bodyBytes = body.reduce((sum, piece) => sum + piece.length, 0);
  header.writeUInt32LE(MAGIC, 0);
  header.set(nonce, 8);
  header.writeInt32LE(name.high, 16);
  header.writeInt32LE(name.low, 20);
  header.writeInt32LE(name.variant, 24);
  header.writeUInt32LE(record.sequence, 28);
  header.writeUInt32LE(meta.length, 32);
  header.writeUInt32LE(bodyBytes, 36);
  header.writeUInt32LE(crc32(meta), 40);
  header.writeUInt32LE(
    body.reduce((crc, piece) => crc32(piece, crc), 0),
    44,
  );
  header.writeUInt32LE(crc32(header.subarray(8)), 4);
  const used = RECORD_HEADER_BYTES + meta.length + bodyBytes;
  const padding = Buffer.alloc(recordBytes({ metaBytes: meta.length, bodyBytes }) - used);
  return [header, meta, ...body, padding];
}

/** Undefined when these bytes are no sound header of this segment. */
export function decodeHeader(bytes: Buffer, at: number, nonce: Uint8Array): RecordHeader | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const magic = bytes.readUInt32LE(at);
  if (magic !== MAGIC && magic !== RETIRED_MAGIC) return undefined;
  const header = bytes.subarray(at, at + RECORD_HEADER_BYTES);
  if (header.readUInt32LE(4) !== crc32(header.subarray(8)) || !header.subarray(8, 16).equals(nonce)) {
    return undefined;
  }
  const metaBytes = header.readUInt32LE(32);
  if (metaBytes > MAX_META_BYTES) return undefined;
  return {
    retired: magic === RETIRED_MAGIC,
    high: header.readInt32LE(16),
    low: header.readInt32LE(20),
    variant: header.readInt32LE(24),
    sequence: header.readUInt32LE(28),
    metaBytes,
    bodyBytes: header.readUInt32LE(36),
    metaCrc: header.readUInt32LE(40),
    bodyCrc: header.readUInt32LE(44),
  };
}

/** Undefined when anything of it is not as it was written. */
export function decodeRecord(bytes: Buffer, nonce: Uint8Array): StoredRecord | undefined {
  const header = decodeHeader(bytes, 0, nonce);
  if (!header || recordBytes(header) > bytes.length) return undefined;
  const bodyAt = RECORD_HEADER_BYTES + header.metaBytes;
  const meta = bytes.subarray(RECORD_HEADER_BYTES, bodyAt);
  const body = bytes.subarray(bodyAt, bodyAt + header.bodyBytes);
  if (crc32(meta) !== header.metaCrc || crc32(body) !== header.bodyCrc) return undefined;
  const { key, head } = fromJson(meta.toString()) as { key: string; head: StoredResponse };
  // A copy: the buffer that was read has the padding and the head too.
  const response = { ...head, body: body.length === 0 ? [] : [new Uint8Array(body)] };
  return { key, response, sequence: header.sequence };
}

/** JSON that keeps Maps and Sets, and leaves out what is no data (a rendered head that somebody has hung on it). */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return { '%map': [...part] };
    if (part instanceof Set) return { '%set': [...part] };
    if (ArrayBuffer.isView(part) || (part as { type?: unknown } | null)?.type === 'Buffer') return undefined;
    return part;
  });
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part;
    if ('%map' in part) return new Map(part['%map'] as [unknown, unknown][]);
    if ('%set' in part) return new Set(part['%set'] as unknown[]);
    return part;
  });
}
