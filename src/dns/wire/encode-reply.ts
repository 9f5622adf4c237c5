// A reply as the pipeline decided it becomes bytes. Truncation (RFC 2181 section 9): when an answer, authority or glue
// RRset does not fit, the reply is header, question and OPT with TC set, and the client comes back over TCP; optional
// additional records are left out silently.

import { EDNS_UDP_BYTES, FLAGS, HEADER_BYTES } from './constants.ts';
import type { MessageWriter } from './message-writer.ts';
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
}

export interface ReplyFrame {
  /** The query's bytes: id, flags and question are repeated from it. */
  packet: Buffer;
  /** Absent when the question could not be read. */
  question?: { name: Name; end: number };
  /** Largest reply that the client and the transport take. */
  limitBytes: number;
  /** Present when the query carried an OPT record. */
  edns?: { dnssecOk: boolean; options: readonly { code: number; data: Uint8Array }[] };
}

/** Writes the reply; returns a copy of it and whether it was truncated. */
export function encodeReply(
  writer: MessageWriter,
  frame: ReplyFrame,
  reply: Reply,
): { bytes: Buffer; truncated: boolean } {
  const optBytes = frame.edns
    ? frame.edns.options.reduce((sum, option) => sum + 4 + option.data.length, 11)
    : 0;
  writer.reset(frame.limitBytes - optBytes);
  writer.length = HEADER_BYTES;
  if (frame.question) {
    writer.copy(frame.packet, HEADER_BYTES, frame.question.end);
    writer.remember(frame.question.name, HEADER_BYTES);
  }
  const bodyStart = writer.length;
  const answers = writeSection(writer, reply.answer);
  const authority = answers === false ? false : writeSection(writer, reply.authority);
  const glue = authority === false ? false : writeSection(writer, reply.glue);
  let additional = 0;
  const truncated = glue === false;
  if (truncated) {
    writer.length = bodyStart;
  } else {
    additional = glue;
    for (const rrset of reply.additional) additional += writer.rrset(rrset) || 0;
  }
  if (frame.edns) {
    writer.opt({ ...frame.edns, udpPayloadBytes: EDNS_UDP_BYTES, extendedRcode: reply.rcode >> 4 });
  }
  const queryFlags = frame.packet.readUInt16BE(2);
  writer.setU16(0, frame.packet.readUInt16BE(0));
  writer.setU16(
    2,
    FLAGS.QR |
      (queryFlags & 0x7800) |
      (reply.authoritative ? FLAGS.AA : 0) |
      (truncated ? FLAGS.TC : 0) |
      (queryFlags & FLAGS.RD) |
      (reply.rcode & 15),
  );
  writer.setU16(4, frame.question ? 1 : 0);
  writer.setU16(6, truncated ? 0 : answers || 0);
  writer.setU16(8, truncated ? 0 : authority || 0);
  writer.setU16(10, additional + (frame.edns ? 1 : 0));
  // A copy: the socket may hold on to it after the writer's buffer is used again.
  return { bytes: Buffer.from(writer.bytes.subarray(0, writer.length)), truncated };
}

/** Number of records written, or false when an RRset did not fit. */
function writeSection(writer: MessageWriter, rrsets: readonly OwnedRRset[]): number | false {
  let records = 0;
  for (const rrset of rrsets) {
    const written = writer.rrset(rrset);
    if (written === false) return false;
    records += written;
  }
  return records;
}
