// Shares what repeats in a master file: names (each owner, each target) and whole RDATA (the same address at a thousand
// names). A zone of 10 000 names then keeps each string once, and parses faster than without.

import { type Name, parseName } from '../wire/name.ts';
import { flatten, type Token } from '../wire/rdata.ts';
import type { Rdata } from '../wire/record.ts';

const FIRST_CHUNK_BYTES = 1024;
const MAX_CHUNK_BYTES = 65_536;

export class NamePool {
  /** Short RDATA bytes lie side by side in few buffers: an ArrayBuffer of its own costs 25 times four bytes. */
  #chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  #used = 0;
  #names = new Map<Name, Name>();
  #rdata = new Map<string, Rdata>();

  /** A name of master-file text; undefined when it is none, or relative while there is no origin. */
  parse(text: string, origin: Name | undefined): Name | undefined {
    const parsed = parseName(text, origin ?? '');
    return parsed?.endsWith('\0') ? this.share(parsed) : undefined;
  }

  /** The one copy of an equal name. */
  share(name: Name): Name {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    // Names are built by joining and slicing, which in V8 keeps the pieces alive: a copy is one flat string.
    const flat = Buffer.from(name, 'latin1').toString('latin1');
    this.#names.set(flat, flat);
    return flat;
  }

  /** RDATA of these words, made by `parse` when it is not known yet. */
  rdata(type: number, tokens: readonly Token[], origin: Name, parse: () => Rdata | string): Rdata | string {
    const key = `${type}\n${origin}\n${tokens.map((token) => (token.quoted ? `"${token.text}"` : token.text)).join('\n')}`;
    const known = this.#rdata.get(key);
    if (known) return known;
    const parsed = parse();
    if (typeof parsed === 'string') return parsed;
    const rdata: Rdata = { parts: this.#compact(parsed) };
    this.#rdata.set(key, rdata);
    return rdata;
  }

  /** Adjoining bytes become one array, names the shared ones. */
  #compact(rdata: Rdata): Rdata['parts'] {
    const parts: (Uint8Array | Name)[] = [];
    let bytes: Uint8Array[] = [];
    const flush = () => {
      if (bytes.length > 0) parts.push(this.#store(flatten({ parts: bytes })));
      bytes = [];
    };
    for (const part of rdata.parts) {
      if (typeof part === 'string') {
        flush();
        parts.push(this.share(part));
      } else bytes.push(part);
    }
    flush();
    return parts;
  }

  #store(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#chunk.length - this.#used) {
      const size = Math.min(MAX_CHUNK_BYTES, 2 * this.#chunk.length);
      if (bytes.length > size / 4) return Uint8Array.from(bytes);
      this.#chunk = new Uint8Array(size);
      this.#used = 0;
    }
    const stored = new Uint8Array(this.#chunk.buffer, this.#used, bytes.length);
    stored.set(bytes);
    this.#used += bytes.length;
    return stored;
  }
}
