// How long an HTTP cache may keep a DNS reply (RFC 8484 section 5.1): the least TTL of its answers; without answers, what
// the SOA says of negative ones (RFC 2308 section 5).

const HEADER_BYTES = 12;
const QUESTION_TAIL_BYTES = 4;
const RECORD_TAIL_BYTES = 10;
const TYPE_SOA = 6;
const NOERROR = 0;
const NXDOMAIN = 3;

/** Seconds; 0 for errors, and for what cannot be read. */
export function leastTtl(reply: Buffer): number {
  if (reply.length < HEADER_BYTES) return 0;
  const rcode = (reply[3] as number) & 0x0f;
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return 0;
  let at = HEADER_BYTES;
  for (let i = reply.readUInt16BE(4); i > 0; i--) at = skipName(reply, at) + QUESTION_TAIL_BYTES;
  const answers = reply.readUInt16BE(6);
  const records = answers > 0 ? answers : reply.readUInt16BE(8);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < records; i++) {
    at = skipName(reply, at);
    if (at + RECORD_TAIL_BYTES > reply.length) return 0;
    const end = at + RECORD_TAIL_BYTES + reply.readUInt16BE(at + 8);
    if (end > reply.length) return 0;
    const isSoa = reply.readUInt16BE(at) === TYPE_SOA;
    const ttl = Math.min(reply.readUInt32BE(at + 4), answers === 0 && isSoa ? minimumOf(reply, end) : least);
    if (answers > 0 || isSoa) least = Math.min(least, ttl);
    at = end;
  }
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** MINIMUM is the last field of SOA's data. */
function minimumOf(reply: Buffer, end: number): number {
  return reply.readUInt32BE(end - 4);
}

/** Behind the name; a pointer ends it. */
function skipName(reply: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = reply[at];
    if (length === undefined) return reply.length;
    if (length >= 0xc0) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
}
