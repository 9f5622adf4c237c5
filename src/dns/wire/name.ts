// Domain names (RFC 1035 section 3.1). A Name is the uncompressed wire form, ASCII letters in lower case (RFC 4343), one
// character per byte: `\x03www\x04test\x00`. So it is a Map key, its parent is a slice of it, it is written to a packet
// as it is, and the hot path never splits dotted text. Dotted text is for zone files, configs and people only.

export type Name = string;

export const ROOT: Name = '\0';

const MAX_NAME_BYTES = 255; // RFC 1035 section 2.3.4
const MAX_LABEL_BYTES = 63;

/**
 * The name at `offset` of `packet[0, limit)` and where it ends there; undefined when malformed. Pointers must go strictly
 * backwards.
 */
export function readName(
  packet: Buffer,
  offset: number,
  limit: number = packet.length,
): { name: Name; end: number } | undefined {
  let key = '';
  let end = -1;
  let at = offset;
  let runStart = offset; // labels since here are copied in one piece
  let lowest = offset; // every pointer must aim below all that was read so far: no loops, whatever the packet says
  for (;;) {
    const length = packet[at];
    if (length === undefined || at >= limit) return undefined;
    if (length === 0) {
      key += packet.toString('latin1', runStart, at + 1);
      if (key.length > MAX_NAME_BYTES) return undefined;
      return { name: lowerCase(key), end: end < 0 ? at + 1 : end };
    }
    if (length <= MAX_LABEL_BYTES) {
      at += 1 + length;
      if (key.length + at - runStart > MAX_NAME_BYTES) return undefined;
      continue;
    }
    const low = packet[at + 1];
    if ((length & 0xc0) !== 0xc0 || low === undefined || at + 1 >= limit) return undefined;
    key += packet.toString('latin1', runStart, at);
    if (end < 0) end = at + 2;
    at = ((length & 0x3f) << 8) | low;
    if (at >= lowest) return undefined;
    lowest = at;
    runStart = at;
  }
}

/** The name of master-file text, relative to `origin` unless it ends in a dot; undefined when it is no name. */
export function parseName(text: string, origin: Name = ROOT): Name | undefined {
  if (text === '@') return origin;
  if (text === '.') return ROOT;
  let key = '';
  let label = '';
  let absolute = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    absolute = false;
    if (char === '.') {
      if (label === '') return undefined;
      key += String.fromCharCode(label.length) + label;
      label = '';
      absolute = true;
    } else if (char === '\\') {
      const digits = /^\d{3}/.exec(text.slice(i + 1))?.[0];
      const escaped = digits ? Number(digits) : text.charCodeAt(i + 1);
      if (!(escaped <= 255)) return undefined;
      label += String.fromCharCode(escaped);
      i += digits ? 3 : 1;
    } else {
      if (char.charCodeAt(0) > 126 || char.charCodeAt(0) <= 32) return undefined;
      label += char;
    }
    if (label.length > MAX_LABEL_BYTES) return undefined;
  }
  if (label !== '') key += String.fromCharCode(label.length) + label;
  key += absolute ? ROOT : origin;
  return text === '' || key.length > MAX_NAME_BYTES ? undefined : lowerCase(key);
}

/** Dotted text with the final dot; bytes that would mislead are escaped as `\.` or `\DDD` (RFC 1035 section 5.1). */
export function formatName(name: Name): string {
  const text = labelsOf(name)
    .map((label) => `${label.replace(/[^!-~]|[.\\"();@$]/g, escapeByte)}.`)
    .join('');
  return text === '' ? '.' : text;
}

/** The name without its first label; the root is its own parent. */
export function parentOf(name: Name): Name {
  return name === ROOT ? ROOT : name.slice(1 + name.charCodeAt(0));
}

/** True for the name itself too. */
export function isAtOrBelow(name: Name, ancestor: Name): boolean {
  let rest = name;
  while (rest.length > ancestor.length) rest = parentOf(rest);
  return rest === ancestor;
}

/** `*.` under a name (RFC 4592 section 2.1.1); it may be too long to exist, which no lookup minds. */
export function wildcardUnder(name: Name): Name {
  return `\x01*${name}`;
}

export function labelsOf(name: Name): string[] {
  const labels: string[] = [];
  for (let at = 0; name.charCodeAt(at) > 0; at += 1 + name.charCodeAt(at)) {
    labels.push(name.slice(at + 1, at + 1 + name.charCodeAt(at)));
  }
  return labels;
}

/** ASCII only, as RFC 4343 wants. Length bytes are at most 63, below 'A', so they are safe. */
function lowerCase(key: string): Name {
  return /[A-Z]/.test(key) ? key.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : key;
}

function escapeByte(char: string): string {
  return /[!-~]/.test(char) ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`;
}
