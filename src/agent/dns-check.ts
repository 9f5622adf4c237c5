// The DNS health check's two messages: an SOA query (RFC 1035 section 4.1) and the judgement of its answer. A server is
// healthy when it answers this query with authority and an answer record; bytes are parsed, never trusted.

const TYPE_SOA = 6;
const CLASS_IN = 1;
const HEADER_LENGTH = 12;
const LONGEST_LABEL = 63; // RFC 1035 section 2.3.4

export function encodeSoaQuery(id: number, name: string): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '');
  const bytes = [id >> 8, id & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) {
    const encoded = Buffer.from(label.slice(0, LONGEST_LABEL), 'latin1');
    bytes.push(encoded.length, ...encoded);
  }
  bytes.push(0, 0, TYPE_SOA, 0, CLASS_IN);
  return Uint8Array.from(bytes);
}

/** Undefined for a message that does not answer this query: wait on. */
export function judgeSoaAnswer(message: Uint8Array, id: number): { ok: boolean; detail: string } | undefined {
  if (message.length < HEADER_LENGTH) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  if (view.getUint16(0) !== id || (flags & 0x8000) === 0) return undefined;
  const rcode = flags & 0x0f;
  if (rcode !== 0) return { ok: false, detail: `DNS response code ${rcode}` };
  if ((flags & 0x0400) === 0) return { ok: false, detail: 'DNS answer without authority' };
  if (view.getUint16(6) === 0) return { ok: false, detail: 'DNS answer without SOA' };
  return { ok: true, detail: 'DNS answers' };
}
