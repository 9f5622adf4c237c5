// The VXLAN header (RFC 7348 section 5) as two 32-bit words in the order of memory on a little-endian machine: I flag,
// 24 bits of VNI. With remote checksum offload (draft-herbert-vxlan-rco-00; Linux `remcsumtx`) one more flag and the
// last byte say where the inner checksum is to be finished: then nobody has to compute it, as on a veth pair.
// The datagrams come from outside, so what is not exactly a header of our own devices is refused.

export const VXLAN_PORT = 4789;
export const VXLAN_HEADER_BYTES = 8;
/** 1 to this. */
export const MAX_VNI = 0xff_ffff;

const I_FLAG = 0x08;
/** Bit 21 of the first word in network order: 0x00200000. */
const RCO_FLAG = 0x20_00;
const ETHERNET_HEADER_BYTES = 14;
const MARKED = 0x100;
const NONE = -1;

/** The VNI of a datagram of `bytes` bytes that begins with these words; -1: not a frame of a lab's VXLAN device. */
export function vniOf(first: number, second: number, bytes: number): number {
  if (bytes < VXLAN_HEADER_BYTES + ETHERNET_HEADER_BYTES) return NONE;
  if (first !== I_FLAG && first !== (I_FLAG | RCO_FLAG)) return NONE;
  if (first === I_FLAG && second >>> 24 !== 0) return NONE;
  return ((second & 0xff) << 16) | (second & 0xff00) | ((second >>> 16) & 0xff);
}

/** What of a header goes on with its frame to the next: 0, or where its checksum is to be finished. */
export function markOf(first: number, second: number): number {
  return first === I_FLAG ? 0 : MARKED | (second >>> 24);
}

/** First word of the header for a frame of this mark. */
export function firstWord(mark: number): number {
  return mark === 0 ? I_FLAG : I_FLAG | RCO_FLAG;
}

/** Second word, of a VNI's own (`vniWord`) and a frame's mark. */
export function secondWord(vniWord: number, mark: number): number {
  return (vniWord | ((mark & 0xff) << 24)) >>> 0;
}

/** The second word of a header of this VNI without a mark. */
export function vniWord(vni: number): number {
  return ((vni >>> 16) & 0xff) | (vni & 0xff00) | ((vni & 0xff) << 16);
}
