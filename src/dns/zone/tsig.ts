// TSIG (RFC 8945), HMAC-SHA256: messages signed with a secret that two servers share, so that a zone goes to who holds the
// key, whatever address it comes from. Finding, checking and making the record; when to is the TsigHandler's to say.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { CLASSES, HEADER_BYTES, TYPES } from '../wire/constants.ts';
import { type Name, parseName, readName } from '../wire/name.ts';

/** Most that two clocks may differ (RFC 8945 section 10). */
const FUDGE_SECONDS = 300;
const MAC_BYTES = 32;
const ALGORITHM = parseName('hmac-sha256.') as Name;

export interface TsigKey {
  name: Name;
  secret: Uint8Array;
}

export interface TsigRecord {
  /** Where the record starts: the signed message is what lies before it. */
  start: number;
  keyName: Name;
  algorithm: Name;
  timeSeconds: number;
  fudgeSeconds: number;
  mac: Buffer;
  originalId: number;
  /** TTL and error are 0, as they must be in a query, where nothing else is digested (RFC 8945 sections 4.2 and 5.1). */
  isPlain: boolean;
}

/** Errors that a TSIG record tells (RFC 8945 section 3). */
export const TSIG_ERRORS = { BADSIG: 16, BADKEY: 17, BADTIME: 18 } as const;

/** The TSIG record at the end of a message; undefined without one; 'malformed' for one that is misplaced or broken. */
export function findTsig(packet: Buffer, length: number): TsigRecord | 'malformed' | undefined {
  if (length < HEADER_BYTES || packet.readUInt16BE(10) === 0) return undefined;
  let at = HEADER_BYTES;
  for (let i = packet.readUInt16BE(4); i > 0 && at < length; i--) at = skipName(packet, length, at) + 4;
  const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  for (let i = 1; i <= records; i++) {
    const start = at;
    const ownerEnd = skipName(packet, length, at);
    // Not a message that can be read: the decoder will say so.
    if (ownerEnd + 10 > length) return undefined;
    at = ownerEnd + 10 + packet.readUInt16BE(ownerEnd + 8);
    if (packet.readUInt16BE(ownerEnd) !== TYPES.TSIG) continue;
    return (i === records && at === length && readTsig(packet, start, ownerEnd, length)) || 'malformed';
  }
  return undefined;
}

function readTsig(packet: Buffer, start: number, ownerEnd: number, end: number): TsigRecord | undefined {
  const owner = readName(packet, start);
  const algorithm = readName(packet, ownerEnd + 10);
  if (!owner || !algorithm || packet.readUInt16BE(ownerEnd + 2) !== CLASSES.ANY) return undefined;

  const at = algorithm.end;
  if (at + 10 > end) return undefined;
  const macEnd = at + 10 + packet.readUInt16BE(at + 8);
  if (macEnd + 6 > end || macEnd + 6 + packet.readUInt16BE(macEnd + 4) !== end) return undefined;
  return {
    start,
    keyName: owner.name,
    algorithm: algorithm.name,
    timeSeconds: packet.readUIntBE(at, 6),
    fudgeSeconds: packet.readUInt16BE(at + 6),
    mac: Buffer.from(packet.subarray(at + 10, macEnd)),
    originalId: packet.readUInt16BE(macEnd),
    isPlain: packet.readUInt32BE(ownerEnd + 4) === 0 && packet.readUInt16BE(macEnd + 2) === 0,
  };
}

/** The message as it was before it was signed: without the record, with the id it had. */
export function withoutTsig(packet: Buffer, tsig: TsigRecord): Buffer {
  const message = Buffer.from(packet.subarray(0, tsig.start));
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  return message;
}

/** Whether `message` (as `withoutTsig` gives it) was signed with the key, and lately: what is wrong, or undefined. */
export function tsigError(
  message: Buffer,
  tsig: TsigRecord,
  key: TsigKey | undefined,
  nowSeconds: number,
): number | undefined {
  if (!key || tsig.algorithm !== ALGORITHM) return TSIG_ERRORS.BADKEY;
  const signed = Buffer.from(message);
  signed.writeUInt16BE(tsig.originalId, 0);
  const hmac = createHmac('sha256', key.secret).update(signed);
  const expected = hmac.update(variables(key.name, tsig.timeSeconds, tsig.fudgeSeconds, 0, NOTHING)).digest();
  if (tsig.mac.length !== MAC_BYTES || !timingSafeEqual(expected, tsig.mac)) return TSIG_ERRORS.BADSIG;
  return Math.abs(nowSeconds - tsig.timeSeconds) > tsig.fudgeSeconds ? TSIG_ERRORS.BADTIME : undefined;
}

/** Bytes that `signMessage` adds for a key. */
export function tsigBytes(keyName: Name): number {
  return keyName.length + 10 + ALGORITHM.length + 16 + MAC_BYTES;
}

/**
 * The reply signed: `message` with its TSIG record, and the MAC. `before` is the MAC of the request, or of the message
 * before it in a transfer, where `isFirst` is false (RFC 8945 section 5.3.1).
 */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  before: Buffer,
  nowSeconds: number,
  isFirst = true,
): { bytes: Buffer; mac: Buffer } {
  const hmac = createHmac('sha256', key.secret).update(u16(before.length)).update(before).update(message);
  hmac.update(
    isFirst ? variables(key.name, nowSeconds, FUDGE_SECONDS, 0, NOTHING) : timers(nowSeconds, FUDGE_SECONDS),
  );
  const mac = hmac.digest();
  return { bytes: append(message, record(key.name, nowSeconds, mac, message, 0, NOTHING)), mac };
}

/** A reply that tells a TSIG error; BADTIME is signed, with our clock, so that the client can believe it (section 5.2.3). */
export function appendTsigError(
  message: Uint8Array,
  tsig: TsigRecord,
  error: number,
  key: TsigKey | undefined,
  nowSeconds: number,
): Buffer {
  if (error !== TSIG_ERRORS.BADTIME || !key) {
    return append(message, record(tsig.keyName, tsig.timeSeconds, NOTHING, message, error, NOTHING));
  }
  const other = u48(nowSeconds);
  const mac = createHmac('sha256', key.secret)
    .update(u16(tsig.mac.length))
    .update(tsig.mac)
    .update(message)
    .update(variables(key.name, tsig.timeSeconds, FUDGE_SECONDS, error, other))
    .digest();
  return append(message, record(key.name, tsig.timeSeconds, mac, message, error, other));
}

const NOTHING = Buffer.alloc(0);

function record(
  keyName: Name,
  timeSeconds: number,
  mac: Uint8Array,
  message: Uint8Array,
  error: number,
  other: Uint8Array,
): Buffer {
  const rdata = Buffer.concat([
    Buffer.from(ALGORITHM, 'latin1'),
    timers(timeSeconds, FUDGE_SECONDS),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(error),
    u16(other.length),
    other,
  ]);
  const fixed = [u16(TYPES.TSIG), u16(CLASSES.ANY), u16(0), u16(0), u16(rdata.length)];
  return Buffer.concat([Buffer.from(keyName, 'latin1'), ...fixed, rdata]);
}

/** What is digested beside the message (RFC 8945 section 4.3.3). */
function variables(
  keyName: Name,
  timeSeconds: number,
  fudgeSeconds: number,
  error: number,
  other: Uint8Array,
): Buffer {
  return Buffer.concat([
    Buffer.from(keyName, 'latin1'),
    u16(CLASSES.ANY),
    u16(0),
    u16(0),
    Buffer.from(ALGORITHM, 'latin1'),
    timers(timeSeconds, fudgeSeconds),
    u16(error),
    u16(other.length),
    other,
  ]);
}

function timers(timeSeconds: number, fudgeSeconds: number): Buffer {
  return Buffer.concat([u48(timeSeconds), u16(fudgeSeconds)]);
}

function append(message: Uint8Array, tsig: Uint8Array): Buffer {
  const bytes = Buffer.concat([message, tsig]);
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return bytes;
}

/** Where the name at `at` ends; beyond `length` when it does not. */
function skipName(packet: Buffer, length: number, at: number): number {
  let end = at;
  while (end < length) {
    const label = packet[end] as number;
    if (label >= 0xc0) return end + 2;
    end += 1 + label;
    if (label === 0) return end;
  }
  return length + 1;
}

function u16(value: number): Buffer {
  return Buffer.of(value >>> 8, value & 0xff);
}

function u48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
