// Finds what belongs to a name straight from the bytes of a question: no string is made, which would cost as much as all
// the rest of a lookup. Open addressing over FNV-1a hashes of the lower-case wire form (the decoder's `nameHash`).

import { HEADER_BYTES } from './constants.ts';
import type { Name } from './name.ts';

export class NameTable<T> {
  readonly #mask: number;
  readonly #hashes: Uint32Array;
  readonly #names: (Uint8Array | undefined)[];
  readonly #values: (T | undefined)[];

  /** For at most `most` names. */
  constructor(most: number) {
    let size = 16;
    while (size < 2 * most) size *= 2;
    this.#mask = size - 1;
    this.#hashes = new Uint32Array(size);
    this.#names = new Array(size).fill(undefined);
    this.#values = new Array(size).fill(undefined);
  }

  /** A name that is not in it yet. */
  add(name: Name, value: T): void {
    const bytes = Buffer.from(name, 'latin1');
    const hash = hashName(bytes);
    let slot = hash & this.#mask;
    while (this.#names[slot] !== undefined) slot = (slot + 1) & this.#mask;
    this.#hashes[slot] = hash;
    this.#names[slot] = bytes;
    this.#values[slot] = value;
  }

  /** The value of the name `packet[12, nameEnd)`, whatever its letter case. */
  find(packet: Uint8Array, nameEnd: number, hash: number): T | undefined {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const name = this.#names[slot];
      if (name === undefined) return undefined;
      if (this.#hashes[slot] === hash && equals(name, packet, nameEnd)) return this.#values[slot];
    }
  }
}

function equals(name: Uint8Array, packet: Uint8Array, nameEnd: number): boolean {
  if (nameEnd - HEADER_BYTES !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = packet[HEADER_BYTES + i] as number;
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== name[i]) return false;
  }
  return true;
}

function hashName(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
