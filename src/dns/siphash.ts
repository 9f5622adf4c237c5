// SipHash-2-4 (Aumasson and Bernstein, 2012), the keyed hash of DNS server cookies (RFC 9018 section 4.4). 64-bit words as
// pairs of 32-bit integers, since BigInt arithmetic costs more than all the rest of a query.

/** The 64-bit hash of `data` under a 16-byte key, as 8 bytes in the reference's little-endian order, written to `out` at `at`. */
export function sipHash(key: Uint8Array, data: Uint8Array, out: Uint8Array, at: number): void {
  const k0l = le(key, 0);
  const k0h = le(key, 4);
  const k1l = le(key, 8);
  const k1h = le(key, 12);
  v[0] = k0l ^ 0x70736575;
  v[1] = k0h ^ 0x736f6d65;
  v[2] = k1l ^ 0x6e646f6d;
  v[3] = k1h ^ 0x646f7261;
  v[4] = k0l ^ 0x6e657261;
  v[5] = k0h ^ 0x6c796765;
  v[6] = k1l ^ 0x79746573;
  v[7] = k1h ^ 0x74656462;
  const whole = data.length & ~7;
  for (let i = 0; i < whole; i += 8) compress(le(data, i), le(data, i + 4));
  let low = 0;
  let high = data.length << 24;
  for (let i = whole; i < data.length; i++) {
    const shift = 8 * (i - whole);
    if (shift < 32) low |= (data[i] as number) << shift;
    else high |= (data[i] as number) << (shift - 32);
  }
  compress(low, high);
  v[4] = (v[4] as number) ^ 0xff;
  for (let i = 0; i < 4; i++) round();
  const resultLow = (v[0] as number) ^ (v[2] as number) ^ (v[4] as number) ^ (v[6] as number);
  const resultHigh = (v[1] as number) ^ (v[3] as number) ^ (v[5] as number) ^ (v[7] as number);
  for (let i = 0; i < 4; i++) {
    out[at + i] = resultLow >>> (8 * i);
    out[at + 4 + i] = resultHigh >>> (8 * i);
  }
}

/** v0 to v3, each as low and high word. */
const v = new Int32Array(8);

function compress(low: number, high: number): void {
  v[6] = (v[6] as number) ^ low;
  v[7] = (v[7] as number) ^ high;
  round();
  round();
  v[0] = (v[0] as number) ^ low;
  v[1] = (v[1] as number) ^ high;
}

function round(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  rotate(0, 32);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  rotate(4, 32);
}

function add(a: number, b: number): void {
  const low = ((v[a] as number) >>> 0) + ((v[b] as number) >>> 0);
  v[a] = low;
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (low > 0xffffffff ? 1 : 0);
}

function xor(a: number, b: number): void {
  v[a] = (v[a] as number) ^ (v[b] as number);
  v[a + 1] = (v[a + 1] as number) ^ (v[b + 1] as number);
}

function rotate(a: number, bits: number): void {
  const low = v[a] as number;
  const high = v[a + 1] as number;
  if (bits === 32) {
    v[a] = high;
    v[a + 1] = low;
  } else {
    v[a] = (low << bits) | (high >>> (32 - bits));
    v[a + 1] = (high << bits) | (low >>> (32 - bits));
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
