// Character strings of master files (RFC 1035 section 5.1): `\X` and `\DDD` stand for a byte, all else is UTF-8.

/** The bytes a word stands for; undefined when an escape is no byte. */
export function undoEscapes(text: string): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const [piece] of text.matchAll(/\\\d{3}|\\[\s\S]|[^\\]+|\\/g)) {
    if (/^\\\d{3}/.test(piece)) {
      if (Number(piece.slice(1)) > 255) return undefined;
      pieces.push(Buffer.from([Number(piece.slice(1))]));
    } else {
      pieces.push(Buffer.from(piece.startsWith('\\') ? piece.slice(1) : piece, 'utf8'));
    }
  }
  return Buffer.concat(pieces);
}

/** Quoted, printable ASCII only. */
export function quote(bytes: Uint8Array): string {
  const escaped = Array.from(bytes, (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/** A character string on the wire: its length, then its bytes (at most 255, which the caller has checked). */
export function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
