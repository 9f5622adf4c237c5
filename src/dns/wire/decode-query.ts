// A packet becomes a query, or a reason why not. Nothing here throws and every read is bounded, whatever the bytes are.
// Three endings: a query; `reject`, which is owed a reply with an error code; `drop`, which must not be answered, because
// an answer to a response (QR=1) is how two servers are made to talk to each other for ever. The query is read into one
// object that is used again, so its fields hold until the next call only.

import { FLAGS, HEADER_BYTES, OPCODE_QUERY, RCODES, TYPES } from './constants.ts';
import { Edns } from './edns.ts';
import { type Name, ROOT, readName } from './name.ts';

export class Query {
  id = 0;
  recursionDesired = false;
  /** FNV-1a of the question's name in lower case, for `NameTable`. */
  nameHash = 0;
  /** The question's name without compression is `packet[12, nameEnd)`; `name()` makes the string where it is needed. */
  nameEnd = HEADER_BYTES;
  type = 0;
  class = 0;
  /** Where the question ends in the packet: a reply repeats its bytes, so the client's letter case (0x20) survives. 0 when it could not be read. */
  questionEnd = 0;
  /** The client speaks EDNS, so the reply carries an OPT record too (RFC 6891 section 7). */
  hasEdns = false;
  readonly edns = new Edns();
  /** Of a rejected packet: the error code and why; of a dropped one: why. */
  rcode = 0;
  reason = '';
}

export type Verdict = 'query' | 'reject' | 'drop';

// Additional records in a query are OPT, TSIG or SIG(0); more than a handful is work for nothing.
const MAX_ADDITIONAL_RECORDS = 8;
const MAX_NAME_BYTES = 255;

/** Reads `packet[0, length)` into `query`. */
export function decodeQuery(packet: Buffer, length: number, query: Query): Verdict {
  query.questionEnd = 0;
  query.hasEdns = false;
  if (length < HEADER_BYTES) return drop(query, 'shorter-than-header');
  const flags = word(packet, 2);
  if ((flags & FLAGS.QR) !== 0) return drop(query, 'response');
  query.id = word(packet, 0);
  query.recursionDesired = (flags & FLAGS.RD) !== 0;
  if (((flags >> 11) & 15) !== OPCODE_QUERY) return rejectOpcode(packet, length, query);
  // More than one question has no meaning (RFC 9619); answers and authority belong to other opcodes.
  if (word(packet, 4) !== 1) return reject(query, RCODES.FORMERR, 'question-count');
  const nameEnd = questionNameEnd(packet, length, query);
  if (nameEnd === 0 || nameEnd + 4 > length) return reject(query, RCODES.FORMERR, 'question');
  query.nameEnd = nameEnd;
  query.type = word(packet, nameEnd);
  query.class = word(packet, nameEnd + 2);
  const bare = word(packet, 6) + word(packet, 8);
  // An IXFR query rightly carries the client's SOA in its authority section (RFC 1995 section 3).
  if (bare !== 0 && (query.type !== TYPES.IXFR || word(packet, 6) !== 0)) {
    return reject(query, RCODES.FORMERR, 'records-in-query');
  }
  query.questionEnd = nameEnd + 4;
  const records = bare + word(packet, 10);
  const malformed =
    records === 0 && length === nameEnd + 4 ? undefined : readRecords(packet, length, bare, records, query);
  return malformed === undefined ? 'query' : reject(query, RCODES.FORMERR, malformed);
}

/** NOTIFY and UPDATE are laid out as queries are, so whether the client speaks EDNS can be seen; of others it is a guess. */
function rejectOpcode(packet: Buffer, length: number, query: Query): Verdict {
  const nameEnd = word(packet, 4) === 1 ? questionNameEnd(packet, length, query) : 0;
  if (nameEnd !== 0 && nameEnd + 4 <= length) {
    query.questionEnd = nameEnd + 4;
    const bare = word(packet, 6) + word(packet, 8);
    readRecords(packet, length, bare, bare + word(packet, 10), query);
  }
  return reject(query, RCODES.NOTIMP, 'opcode');
}

/** The question's name as a Name. The decoder has checked it. */
export function questionName(packet: Buffer, query: Query): Name {
  return readName(packet, HEADER_BYTES, query.nameEnd)?.name ?? ROOT;
}

/** The reply's limits and flags look at the client's EDNS only when it could be read. */
function readRecords(
  packet: Buffer,
  length: number,
  bare: number,
  records: number,
  query: Query,
): string | undefined {
  if (records > MAX_ADDITIONAL_RECORDS) return 'too-many-records';
  let at = query.questionEnd;
  for (let i = 0; i < records; i++) {
    // The owner of an OPT record is the root: one byte, so the common query needs no name read here.
    const isRoot = at < length && packet[at] === 0;
    const ownerEnd = isRoot ? at + 1 : (readName(packet, at, length)?.end ?? length);
    if (ownerEnd + 10 > length) return 'record-truncated';
    const type = word(packet, ownerEnd);
    const start = ownerEnd + 10;
    const end = start + word(packet, ownerEnd + 8);
    if (end > length) return 'record-truncated';
    if (type === TYPES.OPT) {
      if (query.hasEdns) return 'two-opt-records';
      query.hasEdns = true;
      if (i < bare || !isRoot) return 'opt-misplaced';
      const ttl = ((word(packet, ownerEnd + 4) << 16) | word(packet, ownerEnd + 6)) >>> 0;
      const malformed = query.edns.read(word(packet, ownerEnd + 2), ttl, packet, start, end);
      if (malformed !== undefined) return malformed;
    }
    at = end;
  }
  return at === length ? undefined : 'trailing-bytes';
}

/** Checks the name at offset 12 and hashes it; 0 when malformed. A pointer there could only point into the header. */
function questionNameEnd(packet: Buffer, length: number, query: Query): number {
  let at = HEADER_BYTES;
  let hash = 0x811c9dc5;
  for (;;) {
    if (at >= length) return 0;
    const label = packet[at] as number;
    if (label > 63) return 0;
    hash = Math.imul(hash ^ label, 0x01000193);
    at++;
    if (label === 0) break;
    const end = at + label;
    if (end >= length) return 0;
    for (; at < end; at++) {
      const byte = packet[at] as number;
      hash = Math.imul(hash ^ (byte >= 65 && byte <= 90 ? byte | 32 : byte), 0x01000193);
    }
  }
  if (at - HEADER_BYTES > MAX_NAME_BYTES) return 0;
  query.nameHash = hash >>> 0;
  return at;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function reject(query: Query, rcode: number, reason: string): Verdict {
  query.rcode = rcode;
  query.reason = reason;
  return 'reject';
}

function drop(query: Query, reason: string): Verdict {
  query.reason = reason;
  return 'drop';
}
