// IP prefixes (CIDR, RFC 4632): parse, contain, overlap.

import { formatAddress, parseAddress } from './ip-address.ts';

export interface Prefix {
  /** Network address, host bits zero: 4 or 16 bytes. */
  bytes: Uint8Array;
  length: number;
}

/** Undefined when the text is not a prefix, or has bits set beyond its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return undefined;
  const bytes = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (!bytes || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if (length > bytes.length * 8) return undefined;
  return equalBytes(maskBytes(bytes, length), bytes) ? { bytes, length } : undefined;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.bytes)}/${prefix.length}`;
}

/** A copy of an address with all bits after `length` zero. */
export function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    return byte & (0xff00 >> bits) & 0xff;
  });
}

export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  return (
    prefix.bytes.length === address.length && equalBytes(maskBytes(address, prefix.length), prefix.bytes)
  );
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? prefixContains(a, b.bytes) : prefixContains(b, a.bytes);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
