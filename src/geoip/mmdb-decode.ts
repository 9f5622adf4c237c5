// Reads values of MaxMind's database format ("MaxMind DB File Format Specification" 2.0, section "Output Data Section"). Of
// maps it decodes only the keys it is told to: a city record is mostly the city's name in eight languages, and a compiler
// that reads every record of a database wants none of them. Bytes come from outside: whatever is wrong is an error, never
// a read past the end.

/** Values as the specification types them; 64-bit and 128-bit integers as numbers, as precise as those are. */
export type MmdbDecoded = unknown;

const MAX_DEPTH = 32; // of pointers and nesting; real records have 4

export class MmdbDecoder {
  #bytes: Buffer;
  #base: number;
  #end: number;
  #wanted: ReadonlySet<string> | undefined;
  #next = 0;
  #keys = new Map<number, string>();

  /** Decodes in `bytes[base, end)`; pointers count from `base`. Without `wanted` all keys are decoded. */
  constructor(bytes: Uint8Array, base: number, end: number, wanted?: ReadonlySet<string>) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.#end = end;
    this.#wanted = wanted;
  }

  /** The value at an offset from `base`. @throws RangeError for bytes that are no value. */
  decode(offset: number): MmdbDecoded {
    this.#next = this.#base + offset;
    return this.#value(0);
  }

  #value(depth: number): MmdbDecoded {
    if (depth > MAX_DEPTH) throw new RangeError('values are nested too deep');
    const { type, size } = this.#control();
    if (type === 1) {
      const after = this.#next;
      this.#next = this.#base + size;
      const value = this.#value(depth + 1);
      this.#next = after;
      return value;
    }
    if (type === 7) return this.#map(size, depth);
    if (type === 11) {
      const items: MmdbDecoded[] = [];
      for (let i = 0; i < size; i++) items.push(this.#value(depth + 1));
      return items;
    }
    if (type === 14) return size !== 0;
    const at = this.#take(size);
    switch (type) {
      case 2:
        return this.#bytes.toString('utf8', at, at + size);
      case 3:
        this.#expectSize(size, 8);
        return this.#bytes.readDoubleBE(at);
      case 15:
        this.#expectSize(size, 4);
        return this.#bytes.readFloatBE(at);
      case 4:
        return this.#bytes.subarray(at, at + size);
      case 5:
      case 6:
      case 9:
      case 10:
        return this.#unsigned(at, size);
      case 8:
        return this.#unsigned(at, size) | 0;
      default:
        throw new RangeError(`no such type: ${type}`);
    }
  }

  #map(size: number, depth: number): MmdbDecoded {
    const record: { [key: string]: MmdbDecoded } = {};
    for (let i = 0; i < size; i++) {
      const key = this.#key();
      if (this.#wanted && !this.#wanted.has(key)) this.#skip(depth + 1);
      else if (key !== '__proto__') record[key] = this.#value(depth + 1);
      else this.#skip(depth + 1);
    }
    return record;
  }

  /** Keys are few, and pointed at from everywhere. */
  #key(): string {
    const { type, size } = this.#control();
    if (type === 2) {
      const at = this.#take(size);
      return this.#bytes.toString('latin1', at, at + size);
    }
    if (type !== 1) throw new RangeError(`a map's key is of type ${type}`);
    const known = this.#keys.get(size);
    if (known !== undefined) return known;
    const after = this.#next;
    this.#next = this.#base + size;
    const text = this.#control();
    if (text.type !== 2) throw new RangeError(`a map's key is of type ${text.type}`);
    const at = this.#take(text.size);
    const key = this.#bytes.toString('latin1', at, at + text.size);
    this.#keys.set(size, key);
    this.#next = after;
    return key;
  }

  #skip(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('values are nested too deep');
    const { type, size } = this.#control();
    if (type === 7 || type === 11) {
      const values = type === 7 ? 2 * size : size;
      for (let i = 0; i < values; i++) this.#skip(depth + 1);
    } else if (type !== 1 && type !== 14) this.#take(size);
  }

  /** For a pointer, `size` is where it points. */
  #control(): { type: number; size: number } {
    const bytes = this.#bytes;
    const head = bytes[this.#take(1)] as number;
    let type = head >> 5;
    if (type === 1) return { type, size: this.#pointer(head) };
    if (type === 0) type = 7 + (bytes[this.#take(1)] as number);
    const bits = head & 0x1f;
    if (bits < 29) return { type, size: bits };
    const extra = bits - 28;
    return {
      type,
      size: ([29, 285, 65_821][extra - 1] as number) + bytes.readUIntBE(this.#take(extra), extra),
    };
  }

  #pointer(head: number): number {
    const length = ((head >> 3) & 3) + 1;
    const low = this.#bytes.readUIntBE(this.#take(length), length);
    if (length === 4) return low;
    return (head & 7) * 256 ** length + low + ([0, 2048, 526_336][length - 1] as number);
  }

  #unsigned(at: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[at + i] as number);
    return value;
  }

  /** Where the next `size` bytes are. */
  #take(size: number): number {
    const at = this.#next;
    if (at < this.#base || at + size > this.#end)
      throw new RangeError(`a value reaches past the end, at byte ${at}`);
    this.#next = at + size;
    return at;
  }

  #expectSize(size: number, expected: number): void {
    if (size !== expected) throw new RangeError(`a number of ${size} bytes instead of ${expected}`);
  }
}
