// The one question a probe asks, A or AAAA of a name, as bytes (RFC 1035 section 4), and as much of the answer as it
// needs. Not the codec of src/dns/wire: a probe is started in every client at once, so it loads nothing it can do
// without, and it measures that codec's server and should not share its mistakes.

import { type Family, formatAddress } from '../net/ip-address.ts';

const TYPE = { 4: 1, 6: 28 } as const;
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export interface AddressAnswer {
  rcode: string;
  truncated: boolean;
  /** All addresses of the wanted type in the answer section, after any CNAMEs. */
  addresses: string[];
}

/** A recursive query without EDNS, as glibc's stub sends it. */
export function encodeAddressQuery(id: number, name: string, family: Family): Uint8Array {
  const labels = name.replace(/\.$/, '').split('.');
  const bytes = [id >> 8, id & 0xff, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) {
    const text = new TextEncoder().encode(label);
    if (text.length === 0 || text.length > 63) throw new RangeError(`not a host name: ${name}`);
    bytes.push(text.length, ...text);
  }
  bytes.push(0, 0, TYPE[family], 0, 1);
  return Uint8Array.from(bytes);
}

/** Undefined for anything that is not a whole answer to the query of that id: the caller waits on. */
export function readAddressAnswer(message: Uint8Array, id: number): AddressAnswer | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (message.length < 12 || view.getUint16(0) !== id || (view.getUint8(2) & 0x80) === 0) return undefined;
  const truncated = (view.getUint8(2) & 0x02) !== 0;
  const code = view.getUint8(3) & 0x0f;
  const rcode = RCODES[code] ?? `RCODE ${code}`;
  const addresses: string[] = [];
  try {
    let offset = 12;
    for (let i = 0; i < view.getUint16(4); i++) offset = skipName(view, offset) + 4;
    for (let i = 0; i < view.getUint16(6); i++) {
      offset = skipName(view, offset);
      const type = view.getUint16(offset);
      const length = view.getUint16(offset + 8);
      const start = offset + 10;
      if ((type === TYPE[4] && length === 4) || (type === TYPE[6] && length === 16)) {
        if (start + length > message.length) return undefined;
        addresses.push(formatAddress(message.subarray(start, start + length)));
      }
      offset = start + length;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return truncated ? { rcode, truncated, addresses: [] } : undefined;
  }
  return { rcode, truncated, addresses };
}

/** The offset after a name: labels until the root or a pointer, which ends it (RFC 1035 section 4.1.4). */
function skipName(view: DataView, start: number): number {
  let offset = start;
  for (;;) {
    const length = view.getUint8(offset);
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2;
    offset += 1 + length;
  }
}
