// Takes a request's body out of the stream of bytes: a known length, or chunks (RFC 9112 section 7.1), strictly: hex
// sizes without sign or space, CRLF only, extensions and trailers checked, bounded and dropped. Stops exactly where the
// body ends, since what follows is the next request.

import { CHUNKED } from './framing.ts';
import { LF } from './octets.ts';
import { Refusal } from './refusal.ts';

export interface BodyDecoder {
  /** Hands content to `sink` and returns the offset up to which bytes were used (all of them, unless done). */
  decode(bytes: Buffer, from: number, sink: (content: Buffer) => void): number | Refusal;
  readonly done: boolean;
}

export function bodyDecoder(bodyLength: number): BodyDecoder {
  return bodyLength === CHUNKED ? new ChunkedDecoder() : new LengthDecoder(bodyLength);
}

class LengthDecoder implements BodyDecoder {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  decode(bytes: Buffer, from: number, sink: (content: Buffer) => void): number {
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    if (end > from) sink(bytes.subarray(from, end));
    return end;
  }
}

/** A size line with its extensions; clients send none. */
const MAX_SIZE_LINE = 256;
/** Of all extensions of one body: many tiny chunks with long extensions cost much and carry little. */
const MAX_EXTENSION_BYTES = 16_384;
const MAX_TRAILER_BYTES = 8192;

class ChunkedDecoder implements BodyDecoder {
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  /** Of the chunk under way. */
  #left = 0;
  /** Of a line that is not complete yet, one character per byte. */
  #line = '';
  #extensionBytes = 0;
  #trailerBytes = 0;

  get done(): boolean {
    return this.#state === 'done';
  }

  decode(bytes: Buffer, from: number, sink: (content: Buffer) => void): number | Refusal {
    let at = from;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left);
        sink(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      const limit =
        this.#state === 'data-end' ? 2 : this.#state === 'size' ? MAX_SIZE_LINE : MAX_TRAILER_BYTES;
      const window = bytes.subarray(at, at + limit + 1 - this.#line.length);
      const lineFeed = window.indexOf(LF);
      const end = at + (lineFeed < 0 ? window.length : lineFeed + 1);
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      if (this.#line.length > limit) return LINE_TOO_LONG[this.#state];
      if (lineFeed < 0) continue;
      const refusal = this.#takeLine();
      if (refusal) return refusal;
    }
    return at;
  }

  #takeLine(): Refusal | undefined {
    const line = this.#line;
    this.#line = '';
    if (this.#state === 'data-end') {
      if (line !== '\r\n') return BAD_CHUNK_END;
      this.#state = 'size';
    } else if (this.#state === 'size') {
      const match = SIZE_LINE.exec(line);
      if (!match) return BAD_SIZE_LINE;
      const [, size = '', extensions = ''] = match;
      this.#extensionBytes += extensions.length;
      if (this.#extensionBytes > MAX_EXTENSION_BYTES) return EXTENSIONS_TOO_LONG;
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'data';
    } else if (line === '\r\n') this.#state = 'done';
    else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_TRAILER_BYTES) return TRAILERS_TOO_LONG;
      if (!TRAILER_LINE.test(line)) return BAD_TRAILER;
      // RFC 9110 section 6.5.1: what frames or routes a message has no place behind it.
      if (FORBIDDEN_TRAILER.test(line)) return MISPLACED_FIELD;
    }
    return undefined;
  }
}

const TOKEN_CHARS = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
/** 13 digits stay below 2^53. */
const SIZE_LINE = new RegExp(
  `^([0-9A-Fa-f]{1,13})((?:;${TOKEN_CHARS}(?:=(?:${TOKEN_CHARS}|${QUOTED}))?)*)\\r\\n$`,
);
const TRAILER_LINE = new RegExp(`^${TOKEN_CHARS}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n$`);
const FORBIDDEN_TRAILER = /^(?:content-length|transfer-encoding|connection|host):/i;

const BAD_SIZE_LINE = new Refusal(400, 'not a chunk size');
const BAD_CHUNK_END = new Refusal(400, 'chunk longer or shorter than its size');
const BAD_TRAILER = new Refusal(400, 'not a trailer field');
const MISPLACED_FIELD = new Refusal(400, 'framing field in a trailer');
const EXTENSIONS_TOO_LONG = new Refusal(413, 'chunk extensions too long');
const TRAILERS_TOO_LONG = new Refusal(431, 'trailers too large');
const LINE_TOO_LONG = {
  size: new Refusal(400, 'chunk size line too long'),
  'data-end': BAD_CHUNK_END,
  trailer: TRAILERS_TOO_LONG,
};
