// A packet becomes a query, or a reason why not. Nothing here throws and every read is bounded, whatever the bytes are.
// Three endings: a query; `reject`, which is owed a reply with an error code; `drop`, which must not be answered, because
// an answer to a response (QR=1) is how two servers are made to talk to each other for ever.

import { FLAGS, HEADER_BYTES, OPCODE_QUERY, RCODES, TYPES } from './constants.ts';
import { type Edns, parseEdns } from './edns.ts';
import { type Name, readName } from './name.ts';

export interface Query {
  id: number;
  recursionDesired: boolean;
  name: Name;
  type: number;
  class: number;
  /** Where the question ends in the packet: a reply repeats its bytes, so the client's letter case (0x20) survives. */
  questionEnd: number;
  edns?: Edns;
}

export interface Rejection {
  rcode: number;
  reason: string;
  /** Set when the question could be read, and so can be repeated. */
  questionEnd?: number;
  /** The client speaks EDNS, so the reply carries an OPT record too (RFC 6891 section 7). */
  ednsSeen: boolean;
}

export type DecodedQuery =
  | { kind: 'query'; query: Query }
  | ({ kind: 'reject' } & Rejection)
  | { kind: 'drop'; reason: string };

// Additional records in a query are OPT, TSIG or SIG(0); more than a handful is work for nothing.
const MAX_ADDITIONAL_RECORDS = 8;

export function decodeQuery(packet: Buffer): DecodedQuery {
  if (packet.length < HEADER_BYTES) return { kind: 'drop', reason: 'shorter-than-header' };
  const flags = packet.readUInt16BE(2);
  if ((flags & FLAGS.QR) !== 0) return { kind: 'drop', reason: 'response' };
  if (((flags >> 11) & 15) !== OPCODE_QUERY) return reject(RCODES.NOTIMP, 'opcode');
  // More than one question has no meaning (RFC 9619); answers and authority belong to other opcodes.
  if (packet.readUInt16BE(4) !== 1) return reject(RCODES.FORMERR, 'question-count');
  if (packet.readUInt32BE(6) !== 0 && !isIncrementalTransfer(packet)) {
    return reject(RCODES.FORMERR, 'records-in-query');
  }
  const owner = readName(packet, HEADER_BYTES);
  if (!owner || owner.end + 4 > packet.length) return reject(RCODES.FORMERR, 'question');
  const query: Query = {
    id: packet.readUInt16BE(0),
    recursionDesired: (flags & FLAGS.RD) !== 0,
    name: owner.name,
    type: packet.readUInt16BE(owner.end),
    class: packet.readUInt16BE(owner.end + 2),
    questionEnd: owner.end + 4,
  };
  const malformed = readRecords(packet, query);
  if (malformed) return reject(RCODES.FORMERR, malformed.reason, query.questionEnd, malformed.ednsSeen);
  return { kind: 'query', query };
}

/** Walks what follows the question and takes the OPT record. Anything but well-formed records is refused. */
function readRecords(packet: Buffer, query: Query): { reason: string; ednsSeen: boolean } | undefined {
  const bare = packet.readUInt16BE(6) + packet.readUInt16BE(8);
  const additional = packet.readUInt16BE(10);
  if (bare + additional > MAX_ADDITIONAL_RECORDS) return { reason: 'too-many-records', ednsSeen: false };
  let at = query.questionEnd;
  let ednsSeen = false;
  for (let i = 0; i < bare + additional; i++) {
    const owner = readName(packet, at);
    if (!owner || owner.end + 10 > packet.length) return { reason: 'record-truncated', ednsSeen };
    const type = packet.readUInt16BE(owner.end);
    const rdataStart = owner.end + 10;
    const rdataEnd = rdataStart + packet.readUInt16BE(owner.end + 8);
    if (rdataEnd > packet.length) return { reason: 'record-truncated', ednsSeen };
    if (type === TYPES.OPT) {
      if (ednsSeen) return { reason: 'two-opt-records', ednsSeen };
      ednsSeen = true;
      if (i < bare || owner.end !== at + 1) return { reason: 'opt-misplaced', ednsSeen };
      const edns = parseEdns({
        class: packet.readUInt16BE(owner.end + 2),
        ttl: packet.readUInt32BE(owner.end + 4),
        rdata: packet.subarray(rdataStart, rdataEnd),
      });
      if (typeof edns === 'string') return { reason: edns, ednsSeen };
      query.edns = edns;
    }
    at = rdataEnd;
  }
  return at === packet.length ? undefined : { reason: 'trailing-bytes', ednsSeen };
}

/** An IXFR query rightly carries the client's SOA in its authority section (RFC 1995 section 3). */
function isIncrementalTransfer(packet: Buffer): boolean {
  const owner = packet.readUInt16BE(6) === 0 ? readName(packet, HEADER_BYTES) : undefined;
  return (
    owner !== undefined && owner.end + 2 <= packet.length && packet.readUInt16BE(owner.end) === TYPES.IXFR
  );
}

function reject(rcode: number, reason: string, questionEnd?: number, ednsSeen = false): DecodedQuery {
  return { kind: 'reject', rcode, reason, questionEnd, ednsSeen };
}
