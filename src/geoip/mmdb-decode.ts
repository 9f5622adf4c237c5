// Reads values of MaxMind's database format ("MaxMind DB File Format Specification" 2.0, section "Output Data Section"). Of
// maps it decodes only the keys it is told to (a city record is mostly the city's name in eight languages), and maps that are
// pointed at, such as a country's, once: a compiler that reads every record of a database spends most of its time here.
// Bytes come from outside: whatever is wrong is a RangeError, never a read past the end.

const TYPE = {
  pointer: 1,
  string: 2,
  double: 3,
  bytes: 4,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  uint128: 10,
  array: 11,
  boolean: 14,
  float: 15,
} as const;

/** Of pointers and nesting; real records have 4. */
const MAX_DEPTH = 32;
/** Countries, cities and the like; then the memory is given back and filling starts again. */
const MAX_KNOWN_MAPS = 10_000;

export class MmdbDecoder {
  #bytes: Buffer;
  #base: number;
  #end: number;
  #wanted: ReadonlySet<string> | undefined;
  #next = 0;
  /** What the last control byte said; for a pointer the size is where it points. */
  #type = 0;
  #size = 0;
  /** By offset from the base. */
  #keys = new Map<number, string>();
  #maps = new Map<number, unknown>();

  /** Decodes in `bytes[base, end)`; pointers count from `base`. Without `wanted` all keys are decoded. */
  constructor(bytes: Uint8Array, base: number, end: number, wanted?: ReadonlySet<string>) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.#end = end;
    this.#wanted = wanted;
  }

  /**
   * The value at an offset from `base`: maps and arrays as objects, shared between records, so not to be changed; integers of
   * 64 and 128 bits as numbers, as precise as those are. @throws RangeError for bytes that are no value.
   */
  decode(offset: number): unknown {
    this.#next = this.#base + offset;
    return this.#value(0);
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new RangeError('values are nested too deep');
    this.#control();
    const size = this.#size;
    switch (this.#type) {
      case TYPE.pointer:
        return this.#pointedAt(size, depth);
      case TYPE.map:
        return this.#map(size, depth);
      case TYPE.array: {
        const items: unknown[] = [];
        for (let i = 0; i < size; i++) items.push(this.#value(depth + 1));
        return items;
      }
      case TYPE.boolean:
        return size !== 0;
      case TYPE.string: {
        const at = this.#take(size);
        return this.#bytes.toString('utf8', at, at + size);
      }
      case TYPE.double:
        this.#expectSize(size, 8);
        return this.#bytes.readDoubleBE(this.#take(8));
      case TYPE.float:
        this.#expectSize(size, 4);
        return this.#bytes.readFloatBE(this.#take(4));
      case TYPE.bytes: {
        const at = this.#take(size);
        return this.#bytes.subarray(at, at + size);
      }
      case TYPE.uint16:
      case TYPE.uint32:
      case TYPE.uint64:
      case TYPE.uint128:
        return this.#unsigned(size);
      case TYPE.int32:
        return this.#unsigned(size) | 0;
      default:
        throw new RangeError(`no such type: ${this.#type}`);
    }
  }

  #pointedAt(offset: number, depth: number): unknown {
    const known = this.#maps.get(offset);
    if (known !== undefined) return known;
    const after = this.#next;
    this.#next = this.#base + offset;
    const value = this.#value(depth + 1);
    this.#next = after;
    if (typeof value === 'object') {
      if (this.#maps.size >= MAX_KNOWN_MAPS) this.#maps.clear();
      this.#maps.set(offset, value);
    }
    return value;
  }

  #map(size: number, depth: number): unknown {
    const record: { [key: string]: unknown } = {};
    for (let i = 0; i < size; i++) {
      const key = this.#key();
      if (key === '__proto__' || (this.#wanted && !this.#wanted.has(key))) this.#skip(depth + 1);
      else record[key] = this.#value(depth + 1);
    }
    return record;
  }

  /** Keys are few, and pointed at from everywhere. */
  #key(): string {
    this.#control();
    if (this.#type !== TYPE.pointer) return this.#keyText();
    const offset = this.#size;
    const known = this.#keys.get(offset);
    if (known !== undefined) return known;
    const after = this.#next;
    this.#next = this.#base + offset;
    this.#control();
    const key = this.#keyText();
    this.#keys.set(offset, key);
    this.#next = after;
    return key;
  }

  #keyText(): string {
    if (this.#type !== TYPE.string) throw new RangeError(`a map's key is of type ${this.#type}`);
    const size = this.#size;
    const at = this.#take(size);
    return this.#bytes.toString('latin1', at, at + size);
  }

  #skip(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('values are nested too deep');
    this.#control();
    const size = this.#size;
    if (this.#type === TYPE.map || this.#type === TYPE.array) {
      const values = this.#type === TYPE.map ? 2 * size : size;
      for (let i = 0; i < values; i++) this.#skip(depth + 1);
    } else if (this.#type !== TYPE.pointer && this.#type !== TYPE.boolean) this.#take(size);
  }

  /** Three bits of type and five of size, each with ways to say more. */
  #control(): void {
    const head = this.#bytes[this.#take(1)] as number;
    this.#type = head >> 5;
    if (this.#type === TYPE.pointer) {
      this.#size = this.#pointer(head);
      return;
    }
    if (this.#type === 0) this.#type = 7 + (this.#bytes[this.#take(1)] as number);
    const bits = head & 0x1f;
    if (bits < 29) this.#size = bits;
    else if (bits === 29) this.#size = 29 + this.#unsigned(1);
    else if (bits === 30) this.#size = 285 + this.#unsigned(2);
    else this.#size = 65_821 + this.#unsigned(3);
  }

  /** Four lengths, each starting where the shorter one ends: 11, 19, 27 and 32 bits. */
  #pointer(head: number): number {
    const high = head & 7;
    switch ((head >> 3) & 3) {
      case 0:
        return (high << 8) + this.#unsigned(1);
      case 1:
        return (high << 16) + this.#unsigned(2) + 2048;
      case 2:
        return (high << 24) + this.#unsigned(3) + 526_336;
      default:
        return this.#unsigned(4);
    }
  }

  #unsigned(size: number): number {
    const at = this.#take(size);
    let value = 0;
    for (let i = at; i < at + size; i++) value = value * 256 + (this.#bytes[i] as number);
    return value;
  }

  /** Where the next `size` bytes are. */
  #take(size: number): number {
    const at = this.#next;
    if (at < this.#base || at + size > this.#end) {
      throw new RangeError(`a value reaches past the end, at byte ${at}`);
    }
    this.#next = at + size;
    return at;
  }

  #expectSize(size: number, expected: number): void {
    if (size !== expected) throw new RangeError(`a number of ${size} bytes instead of ${expected}`);
  }
}
