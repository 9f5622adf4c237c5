// What the origin serves: bytes that depend on nothing but the seed, the name and the version, so that any client can
// be checked for having got the right ones, and a strong ETag that is right by construction.

import { deriveSeed, seededRandom } from '../base/random.ts';

export interface Content {
  contentType: string;
  size: number;
  /** Quoted, strong. */
  etag: string;
  /** A piece of it; `first + length` must not pass `size`. */
  bytes(first: number, length: number): Uint8Array;
}

/** The pattern repeats after this many bytes: making a gigabyte must not cost a gigabyte of random numbers. */
const PATTERN_BYTES = 65_536;
const PATTERNS_KEPT = 16;

/** Makes contents of one seed; keeps the patterns last used. */
export function createContentMaker(seed: number) {
  const patterns = new Map<string, Uint8Array>();

  function pattern(label: string): Uint8Array {
    const known = patterns.get(label);
    if (known) return known;
    const random = seededRandom(deriveSeed(seed, label));
    const bytes = new Uint8Array(PATTERN_BYTES);
    // Printable ASCII with line ends, so that a person can look at it.
    for (let i = 0; i < bytes.length; i++) bytes[i] = i % 80 === 79 ? 10 : 33 + Math.floor(random() * 94);
    patterns.set(label, bytes);
    const [oldest] = patterns.keys();
    if (patterns.size > PATTERNS_KEPT && oldest !== undefined) patterns.delete(oldest);
    return bytes;
  }

  return {
    /** A small document that says what it is. `variant` is what Vary made of it. */
    json(id: string, version: number, variant = ''): Content {
      const label = `json/${id}/${version}/${variant}`;
      const random = seededRandom(deriveSeed(seed, label));
      const items = Array.from({ length: 8 }, (_, index) => ({ index, value: Math.floor(random() * 1e6) }));
      const document = { id, version, ...(variant !== '' && { variant }), items };
      const text = Buffer.from(`${JSON.stringify(document)}\n`);
      return {
        contentType: 'application/json',
        size: text.length,
        etag: etagOf(seed, label),
        bytes: (first, length) => text.subarray(first, first + length),
      };
    },

    /** `text` as it is, under a name. */
    text(contentType: string, text: string): Content {
      const bytes = Buffer.from(text);
      return {
        contentType,
        size: bytes.length,
        etag: etagOf(seed, text),
        bytes: (first, length) => bytes.subarray(first, first + length),
      };
    },

    /** `size` bytes; `name` makes them differ from others of that size. */
    sized(
      size: number,
      version: number,
      variant = '',
      name = 'bytes',
      contentType = 'application/octet-stream',
    ): Content {
      const label = `${name}/${size}/${version}/${variant}`;
      return {
        contentType,
        size,
        etag: etagOf(seed, label),
        bytes(first, length) {
          const block = pattern(label);
          const start = first % PATTERN_BYTES;
          if (start + length <= PATTERN_BYTES) return block.subarray(start, start + length);
          const out = new Uint8Array(length);
          for (let at = 0; at < length; ) {
            const from = (first + at) % PATTERN_BYTES;
            const part = block.subarray(from, Math.min(PATTERN_BYTES, from + length - at));
            out.set(part, at);
            at += part.length;
          }
          return out;
        },
      };
    },
  };
}

export type ContentMaker = ReturnType<typeof createContentMaker>;

/** A piece of a content as a content of its own. */
export function sliceOf(content: Content, first: number, size: number): Content {
  return { ...content, size, bytes: (at, length) => content.bytes(first + at, length) };
}

/** Two 32-bit hashes of everything the bytes are made from. */
function etagOf(seed: number, label: string): string {
  const hex = (number: number) => number.toString(16).padStart(8, '0');
  return `"${hex(deriveSeed(seed, label))}${hex(deriveSeed(~seed, label))}"`;
}
