// The memory of recvmmsg(2) and sendmmsg(2): struct mmsghdr, iovec and cmsghdr of 64-bit Linux as 32-bit words, so that
// a loop of a hundred thousand messages a second writes them without objects and BigInts.

/** 32-bit words of struct mmsghdr, and the places in it. */
export const HEADER_WORDS = 16;
export const NAME = 0;
export const NAME_LENGTH = 2;
export const IOV = 4;
export const IOV_LENGTH = 6;
export const CONTROL = 8;
export const CONTROL_LENGTH = 10;
export const FLAGS = 12;
export const MESSAGE_BYTES = 14;

/** struct iovec; the relay uses two a frame: see FrameSlots. */
export const VECTOR_WORDS = 4;
export const VECTOR_BYTES = 16;
export const FRAME_VECTORS = 2;

/** A socket address is 16 bytes (sockaddr_in), 20 (sockaddr_ll) or 28 (sockaddr_in6), kept 32 apart. */
export const ADDRESS_STRIDE = 32;
/** A control message with a timespec or an IPv4 address is 32 bytes, with an IPv6 address 40; kept 64 apart. */
export const CONTROL_STRIDE = 64;

/** Wait for the first message, take of the others what is there. */
export const MSG_WAITFORONE = 0x10000;
export const MSG_DONTWAIT = 0x40;
export const MSG_TRUNC = 0x20;
export const EINTR = 4;
export const EAGAIN = 11;

/** Writes a 64-bit address as two words, without a BigInt. */
export function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % 0x1_0000_0000;
  words[at + 1] = Math.floor(address / 0x1_0000_0000);
}
