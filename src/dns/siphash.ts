// SipHash-2-4 (Aumasson and Bernstein, 2012), the keyed hash of DNS server cookies (RFC 9018 section 4.4). 64-bit words as
// pairs of 32-bit integers, since BigInt arithmetic costs more than all the rest of a query; all eight are local
// variables of one loop over rounds, since a state in an array costs a bounds check and a store at every step.

/** The 64-bit hash of `data` under a 16-byte key, as 8 bytes in the reference's little-endian order, written to `out` at `at`. */
export function sipHash(key: Uint8Array, data: Uint8Array, out: Uint8Array, at: number): void {
  const k0l = le(key, 0);
  const k0h = le(key, 4);
  const k1l = le(key, 8);
  const k1h = le(key, 12);
  let al = k0l ^ 0x70736575;
  let ah = k0h ^ 0x736f6d65;
  let bl = k1l ^ 0x6e646f6d;
  let bh = k1h ^ 0x646f7261;
  let cl = k0l ^ 0x6e657261;
  let ch = k0h ^ 0x6c796765;
  let dl = k1l ^ 0x79746573;
  let dh = k1h ^ 0x74656462;
  const words = data.length >> 3;
  // One pass a word, one for the last bytes and the length, and one that finishes with four rounds.
  for (let i = 0; i <= words + 1; i++) {
    const finishing = i > words;
    let low = 0;
    let high = 0;
    if (i < words) {
      low = le(data, 8 * i);
      high = le(data, 8 * i + 4);
    } else if (!finishing) {
      high = data.length << 24;
      for (let at = 8 * words, shift = 0; at < data.length; at++, shift += 8) {
        if (shift < 32) low |= (data[at] as number) << shift;
        else high |= (data[at] as number) << (shift - 32);
      }
    } else cl ^= 0xff;
    dl ^= low;
    dh ^= high;
    for (let rounds = finishing ? 4 : 2; rounds > 0; rounds--) {
      // a += b; b = b <<< 13 ^ a; a = a <<< 32
      let sum = (al >>> 0) + (bl >>> 0);
      ah = (ah + bh + (sum > 0xffffffff ? 1 : 0)) | 0;
      al = sum | 0;
      let old = bl;
      bl = ((bl << 13) | (bh >>> 19)) ^ al;
      bh = ((bh << 13) | (old >>> 19)) ^ ah;
      old = al;
      al = ah;
      ah = old;
      // c += d; d = d <<< 16 ^ c
      sum = (cl >>> 0) + (dl >>> 0);
      ch = (ch + dh + (sum > 0xffffffff ? 1 : 0)) | 0;
      cl = sum | 0;
      old = dl;
      dl = ((dl << 16) | (dh >>> 16)) ^ cl;
      dh = ((dh << 16) | (old >>> 16)) ^ ch;
      // a += d; d = d <<< 21 ^ a
      sum = (al >>> 0) + (dl >>> 0);
      ah = (ah + dh + (sum > 0xffffffff ? 1 : 0)) | 0;
      al = sum | 0;
      old = dl;
      dl = ((dl << 21) | (dh >>> 11)) ^ al;
      dh = ((dh << 21) | (old >>> 11)) ^ ah;
      // c += b; b = b <<< 17 ^ c; c = c <<< 32
      sum = (cl >>> 0) + (bl >>> 0);
      ch = (ch + bh + (sum > 0xffffffff ? 1 : 0)) | 0;
      cl = sum | 0;
      old = bl;
      bl = ((bl << 17) | (bh >>> 15)) ^ cl;
      bh = ((bh << 17) | (old >>> 15)) ^ ch;
      old = cl;
      cl = ch;
      ch = old;
    }
    al ^= low;
    ah ^= high;
  }
  const resultLow = al ^ bl ^ cl ^ dl;
  const resultHigh = ah ^ bh ^ ch ^ dh;
  for (let i = 0; i < 4; i++) {
    out[at + i] = resultLow >>> (8 * i);
    out[at + 4 + i] = resultHigh >>> (8 * i);
  }
}

function le(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
