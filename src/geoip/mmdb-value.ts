// The values of MaxMind's database format and their bytes ("MaxMind DB File Format Specification" 2.0, section
// "Output Data Section"). Numbers carry their type, because 50 as an integer and 50.0 as a double are different
// records: a latitude that happens to be whole must still be written as a double.

import assert from 'node:assert/strict';

export class MmdbNumber {
  readonly type: 'double' | 'uint16' | 'uint32' | 'uint64';
  readonly value: number;
  constructor(type: MmdbNumber['type'], value: number) {
    this.type = type;
    this.value = value;
  }
}

export type MmdbValue = string | boolean | MmdbNumber | MmdbValue[] | { [key: string]: MmdbValue };

export const double = (value: number): MmdbNumber => new MmdbNumber('double', value);
export const uint16 = (value: number): MmdbNumber => new MmdbNumber('uint16', value);
export const uint32 = (value: number): MmdbNumber => new MmdbNumber('uint32', value);
export const uint64 = (value: number): MmdbNumber => new MmdbNumber('uint64', value);

const TYPE = {
  pointer: 1,
  string: 2,
  double: 3,
  uint16: 5,
  uint32: 6,
  map: 7,
  uint64: 9,
  array: 11,
  boolean: 14,
};

/**
 * A growing data section in which every value is written once: a second occurrence becomes a pointer to the
 * first. A few hundred cities shared by a million prefixes then cost a few hundred records.
 */
export class DataSection {
  #bytes: number[] = [];
  #offsets = new Map<string, number>();
  /** Pointers are counted from the start of a database's data section; the metadata map has none. */
  #sharing: boolean;

  constructor(options: { sharing: boolean }) {
    this.#sharing = options.sharing;
  }

  /** Writes a value unless it is there already; returns the offset of the value itself, never of a pointer. */
  add(value: MmdbValue): number {
    const known = this.#offsets.get(keyOf(value));
    if (known !== undefined) return known;
    const offset = this.#bytes.length;
    this.#write(value);
    return offset;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #write(value: MmdbValue): void {
    const key = keyOf(value);
    const known = this.#sharing && worthSharing(value) ? this.#offsets.get(key) : undefined;
    if (known !== undefined) {
      this.#pointer(known);
      return;
    }
    this.#offsets.set(key, this.#bytes.length);
    if (typeof value === 'string') {
      const text = new TextEncoder().encode(value);
      this.#control(TYPE.string, text.length);
      for (const byte of text) this.#bytes.push(byte);
    } else if (typeof value === 'boolean') {
      this.#control(TYPE.boolean, value ? 1 : 0);
    } else if (value instanceof MmdbNumber) {
      this.#number(value);
    } else if (Array.isArray(value)) {
      this.#control(TYPE.array, value.length);
      for (const item of value) this.#write(item);
    } else {
      const entries = Object.entries(value);
      this.#control(TYPE.map, entries.length);
      for (const [name, item] of entries) {
        this.#write(name);
        this.#write(item);
      }
    }
  }

  /** Integers drop leading zero bytes, so that 0 has none at all. */
  #number({ type, value }: MmdbNumber): void {
    if (type === 'double') {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value);
      this.#control(TYPE.double, 8);
      for (let i = 0; i < 8; i++) this.#bytes.push(view.getUint8(i));
      return;
    }
    const largest = { uint16: 0xffff, uint32: 0xffffffff, uint64: Number.MAX_SAFE_INTEGER }[type];
    assert(Number.isInteger(value) && value >= 0 && value <= largest, `${value} is no ${type}`);
    const bytes: number[] = [];
    for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    this.#control(TYPE[type], bytes.length);
    this.#bytes.push(...bytes);
  }

  /** Three bits of type and five of size; types above 7 take a second byte, sizes above 28 up to three more. */
  #control(type: number, size: number): void {
    const sizeBits = size < 29 ? size : size < 285 ? 29 : size < 65_821 ? 30 : 31;
    this.#bytes.push((type < 8 ? type << 5 : 0) | sizeBits);
    if (type >= 8) this.#bytes.push(type - 7);
    if (sizeBits === 29) this.#bytes.push(size - 29);
    if (sizeBits === 30) this.#bytes.push((size - 285) >> 8, (size - 285) & 0xff);
    if (sizeBits === 31) this.#bytes.push(...bigEndian(size - 65_821, 3));
  }

  /** Four lengths, each starting where the shorter one ends: 11, 19, 27 and 32 bits. */
  #pointer(offset: number): void {
    const head = TYPE.pointer << 5;
    if (offset < 2048) this.#bytes.push(head | (offset >> 8), offset & 0xff);
    else if (offset < 526_336) {
      const [high = 0, ...low] = bigEndian(offset - 2048, 3);
      this.#bytes.push(head | (1 << 3) | high, ...low);
    } else if (offset < 134_744_064) {
      const [high = 0, ...low] = bigEndian(offset - 526_336, 4);
      this.#bytes.push(head | (2 << 3) | high, ...low);
    } else this.#bytes.push(head | (3 << 3), ...bigEndian(offset, 4));
  }
}

/** A pointer is two bytes or more: a value of that size is cheaper written again. */
function worthSharing(value: MmdbValue): boolean {
  if (typeof value === 'boolean') return false;
  if (typeof value === 'string') return value.length > 2;
  if (value instanceof MmdbNumber) return value.type === 'double' || value.value > 0xff;
  return true;
}

/** Equal text for equal values, different text for different ones (types of numbers included). */
function keyOf(value: MmdbValue): string {
  if (value instanceof MmdbNumber) return `${value.type}:${Object.is(value.value, -0) ? '-0' : value.value}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}=${keyOf(item)}`)
    .join(',')}}`;
}

export function bigEndian(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** (length - 1 - i)) % 256);
}
