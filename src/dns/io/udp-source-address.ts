// Source addresses as Node.js gives them (text, as inet_ntop(3) writes it) back to bytes, for each packet: into memory that
// is there already, several times as fast as parsing what a user may have typed (net/ip-address.ts).

const DOT = 46;
const COLON = 58;
const PERCENT = 37;

export class SourceAddress {
  readonly #ipv4 = new Uint8Array(4);
  readonly #ipv6 = new Uint8Array(16);

  /** The same memory each time. A zone id (`fe80::1%eth0`) is left out. */
  parse(text: string, family: string | number): Uint8Array {
    return family === 'IPv4' || family === 4
      ? parseIpv4(text, this.#ipv4, 0, 0)
      : parseIpv6(text, this.#ipv6);
  }
}

function parseIpv4(text: string, bytes: Uint8Array, from: number, place: number): Uint8Array {
  let value = 0;
  let at = place;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === PERCENT) break;
    if (code === DOT) {
      bytes[at++] = value;
      value = 0;
    } else {
      value = value * 10 + code - 48;
    }
  }
  bytes[at] = value;
  return bytes;
}

function parseIpv6(text: string, bytes: Uint8Array): Uint8Array {
  let at = 0;
  let value = 0;
  let groupFrom = 0;
  /** Where the zeros of `::` belong. */
  let gap = -1;
  let i = 0;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === PERCENT) break;
    if (code === DOT) {
      parseIpv4(text, bytes, groupFrom, at);
      at += 4;
      return fillGap(bytes, at, gap);
    }
    if (code !== COLON) {
      value = (value << 4) | (code <= 57 ? code - 48 : (code | 32) - 87);
      continue;
    }
    if (i > groupFrom) {
      bytes[at++] = value >> 8;
      bytes[at++] = value;
      value = 0;
    } else if (i > 0) {
      gap = at;
    }
    groupFrom = i + 1;
  }
  if (i > groupFrom) {
    bytes[at++] = value >> 8;
    bytes[at++] = value;
  }
  return fillGap(bytes, at, gap);
}

/** Moves what is behind `::` to the end. */
function fillGap(bytes: Uint8Array, used: number, gap: number): Uint8Array {
  if (gap < 0) return bytes;
  bytes.copyWithin(16 - (used - gap), gap, used);
  bytes.fill(0, gap, 16 - (used - gap));
  return bytes;
}
