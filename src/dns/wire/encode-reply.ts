// A reply becomes bytes in two steps. `renderBody` writes the records that follow the question; it depends on the
// question's name and the reply only, so whoever answers the same again keeps it. `writeReply` puts id, flags, the client's
// own question bytes, the body and an OPT record together. Truncation (RFC 2181 section 9): when an answer, authority or
// glue RRset does not fit, the reply is header, question and OPT with TC set, and the client comes back over TCP;
// additional records that only spare a query are left out silently.

import type { ClientSubnetOption } from './client-subnet-option.ts';
import { EDNS_OPTIONS, EDNS_UDP_BYTES, FLAGS, HEADER_BYTES, TYPES } from './constants.ts';
import { MessageWriter } from './message-writer.ts';
import type { Name } from './name.ts';
import type { OwnedRRset } from './record.ts';

export interface Reply {
  rcode: number;
  authoritative: boolean;
  answer: readonly OwnedRRset[];
  authority: readonly OwnedRRset[];
  /** Addresses without which a referral is useless (RFC 9471): they truncate. */
  glue: readonly OwnedRRset[];
  /** Addresses that spare the client a query. */
  additional: readonly OwnedRRset[];
  /** INFO-CODE of an Extended DNS Error (RFC 8914). */
  extendedError?: number;
}

export interface ReplyBody {
  bytes: Buffer;
  /** Of `bytes`, what must fit; optional additional records follow. */
  requiredBytes: number;
  answerCount: number;
  authorityCount: number;
  glueCount: number;
  additionalCount: number;
}

/** What the OPT record of a reply holds; written when the client sent one. */
export interface ReplyEdns {
  dnssecOk: boolean;
  /** The CO bit: this server makes compact proofs (RFC 9824 section 5.1). */
  compactOk?: boolean;
  nsid?: Uint8Array;
  /** Its `scopePrefixLength` is of the query: the reply's is given apart, so that no object is made. */
  clientSubnet?: ClientSubnetOption;
  scopePrefixLength: number;
  /** Client and server cookie. */
  cookie?: Uint8Array;
}

// Synchronous use only, so one is enough.
const writer = new MessageWriter();

export const EMPTY_BODY: ReplyBody = {
  bytes: Buffer.alloc(0),
  requiredBytes: 0,
  answerCount: 0,
  authorityCount: 0,
  glueCount: 0,
  additionalCount: 0,
};

/** The records of `reply` behind a question for `name`; pointers into the question are right for that name only. */
export function renderBody(name: Name, reply: Reply): ReplyBody {
  const start = HEADER_BYTES + name.length + 4;
  writer.reset(writer.bytes.length);
  writer.length = start;
  writer.remember(name, HEADER_BYTES);
  const answerCount = writeSection(reply.answer);
  const authorityCount = writeSection(reply.authority);
  const glueCount = writeSection(reply.glue);
  const fits = Math.min(answerCount, authorityCount, glueCount) >= 0;
  // What 64 KB cannot hold no transport can: always truncated.
  const requiredBytes = fits ? writer.length - start : Number.POSITIVE_INFINITY;
  const additionalCount = Math.max(0, writeSection(reply.additional));
  const bytes = Buffer.from(writer.bytes.subarray(start, writer.length));
  return { bytes, requiredBytes, answerCount, authorityCount, glueCount, additionalCount };
}

/** The number of records written, or -1 when an RRset did not fit. */
function writeSection(rrsets: readonly OwnedRRset[]): number {
  let records = 0;
  for (const rrset of rrsets) {
    const written = writer.rrset(rrset);
    if (written === false) return -1;
    records += written;
  }
  return records;
}

/**
 * Writes a reply to `packet` into `out` and returns its length. `questionEnd` 0: the question could not be read.
 * `limitBytes` is the most that client and transport take; `truncate` sends header and OPT with TC whatever fits.
 */
export function writeReply(
  out: Buffer,
  packet: Buffer,
  questionEnd: number,
  reply: Reply,
  body: ReplyBody,
  edns: ReplyEdns | undefined,
  limitBytes: number,
  truncate = false,
): number {
  const optBytes = edns ? opt(edns, reply.extendedError) : 0;
  const start = questionEnd === 0 ? HEADER_BYTES : questionEnd;
  const room = limitBytes - optBytes - start;
  const truncated = truncate || body.requiredBytes > room;
  const whole = body.bytes.length <= room;
  const bodyBytes = truncated ? 0 : whole ? body.bytes.length : body.requiredBytes;
  const queryFlags = ((packet[2] as number) << 8) | (packet[3] as number);
  out[0] = packet[0] as number;
  out[1] = packet[1] as number;
  u16(
    out,
    2,
    FLAGS.QR |
      (queryFlags & (0x7800 | FLAGS.RD)) |
      (reply.authoritative ? FLAGS.AA : 0) |
      (truncated ? FLAGS.TC : 0) |
      (reply.rcode & 15),
  );
  u16(out, 4, questionEnd === 0 ? 0 : 1);
  u16(out, 6, truncated ? 0 : body.answerCount);
  u16(out, 8, truncated ? 0 : body.authorityCount);
  const additional = truncated ? 0 : body.glueCount + (whole ? body.additionalCount : 0);
  u16(out, 10, additional + (edns ? 1 : 0));
  for (let i = HEADER_BYTES; i < start; i++) out[i] = packet[i] as number;
  // A loop is cheaper than a call into the runtime for the few bytes of an address record.
  if (bodyBytes <= 64) for (let i = 0; i < bodyBytes; i++) out[start + i] = body.bytes[i] as number;
  else body.bytes.copy(out, start, 0, bodyBytes);
  return edns ? writeOpt(out, start + bodyBytes, edns, reply) : start + bodyBytes;
}

/** Whether a reply that `writeReply` wrote has TC set. */
export function isTruncated(out: Buffer): boolean {
  return ((out[2] as number) & (FLAGS.TC >> 8)) !== 0;
}

function opt(edns: ReplyEdns, extendedError: number | undefined): number {
  let bytes = 11;
  if (edns.nsid) bytes += 4 + edns.nsid.length;
  if (edns.clientSubnet) bytes += 8 + ((edns.clientSubnet.sourcePrefixLength + 7) >> 3);
  if (edns.cookie) bytes += 4 + edns.cookie.length;
  if (extendedError !== undefined) bytes += 6;
  return bytes;
}

/** The OPT record (RFC 6891 section 6.1.2) at `at`; returns where it ends. */
function writeOpt(out: Buffer, at: number, edns: ReplyEdns, reply: Reply): number {
  out[at] = 0;
  u16(out, at + 1, TYPES.OPT);
  u16(out, at + 3, EDNS_UDP_BYTES);
  out[at + 5] = reply.rcode >> 4;
  out[at + 6] = 0;
  u16(out, at + 7, (edns.dnssecOk ? 0x8000 : 0) | (edns.compactOk ? 0x4000 : 0));
  const lengthAt = at + 9;
  let end = at + 11;
  if (edns.nsid) end = option(out, end, EDNS_OPTIONS.NSID, edns.nsid);
  const subnet = edns.clientSubnet;
  if (subnet) {
    const sent = (subnet.sourcePrefixLength + 7) >> 3;
    u16(out, end, EDNS_OPTIONS.CLIENT_SUBNET);
    u16(out, end + 2, 4 + sent);
    u16(out, end + 4, subnet.family);
    out[end + 6] = subnet.sourcePrefixLength;
    out[end + 7] = edns.scopePrefixLength;
    end += 8;
    for (let i = 0; i < sent; i++) out[end++] = subnet.address[i] as number;
  }
  if (edns.cookie) end = option(out, end, EDNS_OPTIONS.COOKIE, edns.cookie);
  if (reply.extendedError !== undefined) {
    u16(out, end, EDNS_OPTIONS.EXTENDED_ERROR);
    u16(out, end + 2, 2);
    u16(out, end + 4, reply.extendedError);
    end += 6;
  }
  u16(out, lengthAt, end - lengthAt - 2);
  return end;
}

function option(out: Buffer, at: number, code: number, data: Uint8Array): number {
  u16(out, at, code);
  u16(out, at + 2, data.length);
  for (let i = 0; i < data.length; i++) out[at + 4 + i] = data[i] as number;
  return at + 4 + data.length;
}

function u16(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}
