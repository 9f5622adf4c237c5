// Sets of types as NSEC and CSYNC carry them: windows of 256 types, each a bitmap without its trailing zeros (RFC 4034
// section 4.1.2).

import { typeCode, typeName } from '../constants.ts';

/** The bitmap of `types`, in any order and with repetitions. */
export function encodeTypeBitmap(types: readonly number[]): Buffer {
  const sorted = [...types].sort((a, b) => a - b);
  const windows: Buffer[] = [];
  for (let i = 0; i < sorted.length; ) {
    const window = (sorted[i] as number) >> 8;
    const bits = Buffer.alloc(32);
    let used = 0;
    for (; i < sorted.length && (sorted[i] as number) >> 8 === window; i++) {
      const low = (sorted[i] as number) & 0xff;
      bits[low >> 3] = (bits[low >> 3] as number) | (0x80 >> (low & 7));
      used = (low >> 3) + 1;
    }
    windows.push(Buffer.from([window, used]), bits.subarray(0, used));
  }
  return Buffer.concat(windows);
}

/** The types of a bitmap, ascending; undefined when it breaks the rules. */
export function decodeTypeBitmap(bytes: Uint8Array): number[] | undefined {
  const types: number[] = [];
  let lastWindow = -1;
  for (let at = 0; at < bytes.length; ) {
    const window = bytes[at] as number;
    const used = bytes[at + 1] ?? 0;
    const end = at + 2 + used;
    if (window <= lastWindow || used < 1 || used > 32 || end > bytes.length) return undefined;
    if (bytes[end - 1] === 0) return undefined;
    for (let bit = 0; bit < 8 * used; bit++) {
      if ((bytes[at + 2 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) types.push((window << 8) | bit);
    }
    lastWindow = window;
    at = end;
  }
  return types;
}

/** `A NS TYPE1234`; undefined when a word is no type. */
export function parseTypeBitmap(words: readonly string[]): Buffer | undefined {
  const types: number[] = [];
  for (const word of words) {
    const type = typeCode(word);
    if (type === undefined) return undefined;
    types.push(type);
  }
  return encodeTypeBitmap(types);
}

export function formatTypeBitmap(bytes: Uint8Array): string | undefined {
  return decodeTypeBitmap(bytes)?.map(typeName).join(' ');
}
