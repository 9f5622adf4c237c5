// IP addresses as bytes, and their text forms (RFC 4291 section 2.2, RFC 5952). Parsed once at the door; the hot
// paths (DNS, steering) work on bytes.

import { isIPv4, isIPv6 } from 'node:net';

export type Family = 4 | 6;

/** 4 or 16 bytes for a textual address; undefined when the text is not an address. Zone ids are refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const dotted = text.lastIndexOf('.') >= 0 ? text.slice(text.lastIndexOf(':') + 1) : undefined;
  const v4 = dotted ? parseAddress(dotted) : undefined;
  const hexText =
    dotted && v4
      ? text.slice(0, -dotted.length) +
        (((v4[0] ?? 0) << 8) | (v4[1] ?? 0)).toString(16) +
        ':' +
        (((v4[2] ?? 0) << 8) | (v4[3] ?? 0)).toString(16)
      : text;
  const [head = '', tail] = hexText.split('::');
  const headGroups = head === '' ? [] : head.split(':');
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - headGroups.length - tailGroups.length;
  const groups = [...headGroups, ...Array<string>(zeros).fill('0'), ...tailGroups];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}

/** Text of a 4- or 16-byte address; IPv6 in the canonical form of RFC 5952. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

export function familyOf(bytes: Uint8Array): Family {
  return bytes.length === 4 ? 4 : 6;
}

/** The address `offset` after `base`, textual in and out: addressAt('198.18.0.0', 5) is 198.18.0.5. */
export function addressAt(base: string, offset: number): string {
  const bytes = parseAddress(base);
  if (!bytes) throw new TypeError(`not an IP address: ${base}`);
  let carry = offset;
  for (let i = bytes.length - 1; i >= 0 && carry > 0; i--) {
    const sum = (bytes[i] ?? 0) + (carry % 256);
    bytes[i] = sum & 0xff;
    carry = Math.floor(carry / 256) + (sum >> 8);
  }
  return formatAddress(bytes);
}
