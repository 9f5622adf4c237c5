// Where on the disk each record is, in columns: 25 bytes a record, 36 to 72 with the free places, no strings. Open
// addressing; a place whose segment is gone counts as empty when something is looked for a place, and disappears when
// the table is built anew.

import type { RecordName } from './disk-record.ts';

export interface RecordPlace {
  /** From 1. */
  segment: number;
  offset: number;
  bytes: number;
}

const FIRST_PLACES = 1024;
/** Fuller tables have long chains. */
const MAX_LOAD = 0.7;
const NOWHERE = -1;
/** In the column of segments; a segment stands there plus one. */
const FORGOTTEN = 1;
const HOT = 1;
const SUPERSEDED = 2;

type KeyHashes = Pick<RecordName, 'high' | 'low'>;

export class DiskIndex {
  #mask = FIRST_PLACES - 1;
  #high = new Int32Array(FIRST_PLACES);
  #low = new Int32Array(FIRST_PLACES);
  #variant = new Int32Array(FIRST_PLACES);
  /** 0 where nothing ever was. */
  #segment = new Uint32Array(FIRST_PLACES);
  #offset = new Uint32Array(FIRST_PLACES);
  #bytes = new Uint32Array(FIRST_PLACES);
  #flags = new Uint8Array(FIRST_PLACES);
  #used = 0;
  #oldestSegment = 1;

  /** Bytes of memory. */
  get memoryBytes(): number {
    return (this.#mask + 1) * 25;
  }

  /** Counted anew, since segments disappear as a whole. */
  get records(): number {
    let records = 0;
    for (let i = 0; i <= this.#mask; i++) if (this.#isLive(i)) records++;
    return records;
  }

  /** In place of the record of the same name. */
  set(name: RecordName, place: RecordPlace): void {
    let at = this.#find(name);
    if (at === NOWHERE) {
      if (this.#used + 1 > (this.#mask + 1) * MAX_LOAD) this.#rebuild();
      at = this.#freePlace(name.low);
      if (this.#segment[at] === 0) this.#used++;
      this.#high[at] = name.high;
      this.#low[at] = name.low;
      this.#variant[at] = name.variant;
    }
    this.#segment[at] = place.segment + 1;
    this.#offset[at] = place.offset;
    this.#bytes[at] = place.bytes;
    this.#flags[at] = 0;
  }

  /** Where the record is, superseded or not. */
  get(name: RecordName): RecordPlace | undefined {
    const at = this.#find(name);
    return at === NOWHERE ? undefined : this.#placeAt(at);
  }

  isCurrent(name: RecordName): boolean {
    const at = this.#find(name);
    return at !== NOWHERE && !this.#isSuperseded(at);
  }

  /** All variants of a key that may be served, newest first. */
  variants(key: KeyHashes): { name: RecordName; place: RecordPlace }[] {
    const found: { name: RecordName; place: RecordPlace }[] = [];
    for (let at = key.low & this.#mask; this.#segment[at] !== 0; at = (at + 1) & this.#mask) {
      if (!this.#isOf(key, at) || this.#isSuperseded(at)) continue;
      const name = { high: key.high, low: key.low, variant: this.#variant[at] as number };
      found.push({ name, place: this.#placeAt(at) });
    }
    return found.sort((a, b) => b.place.segment - a.place.segment || b.place.offset - a.place.offset);
  }

  /** Whether anything of the key may be served. */
  has(key: KeyHashes): boolean {
    for (let at = key.low & this.#mask; this.#segment[at] !== 0; at = (at + 1) & this.#mask) {
      if (this.#isOf(key, at) && !this.#isSuperseded(at)) return true;
    }
    return false;
  }

  /** Whether anything of the key is on the disk: a restart would find it again. */
  knows(key: KeyHashes): boolean {
    for (let at = key.low & this.#mask; this.#segment[at] !== 0; at = (at + 1) & this.#mask) {
      if (this.#isOf(key, at)) return true;
    }
    return false;
  }

  /** Not to be served any more, but still there. */
  supersede(name: RecordName): void {
    const at = this.#find(name);
    if (at !== NOWHERE) this.#flags[at] = SUPERSEDED;
  }

  /** Forgets a key's records; whoever calls it has seen to it that a restart does not bring them back. */
  deleteKey(key: KeyHashes): void {
    for (let at = key.low & this.#mask; this.#segment[at] !== 0; at = (at + 1) & this.#mask) {
      if (this.#isOf(key, at)) this.#segment[at] = FORGOTTEN;
    }
  }

  /** Was read: worth moving on when its segment is dropped. */
  markHot(name: RecordName): void {
    const at = this.#find(name);
    if (at !== NOWHERE && !this.#isSuperseded(at)) this.#flags[at] = HOT;
  }

  isHot(name: RecordName): boolean {
    const at = this.#find(name);
    return at !== NOWHERE && this.#flags[at] === HOT;
  }

  /** Forgets all records in segments before this one, in no time. */
  dropBefore(segment: number): void {
    this.#oldestSegment = segment;
  }

  #find(name: RecordName): number {
    for (let at = name.low & this.#mask; this.#segment[at] !== 0; at = (at + 1) & this.#mask) {
      if (this.#variant[at] === name.variant && this.#isOf(name, at)) return at;
    }
    return NOWHERE;
  }

  #isOf(key: KeyHashes, at: number): boolean {
    return this.#low[at] === key.low && this.#high[at] === key.high && this.#isLive(at);
  }

  #isSuperseded(at: number): boolean {
    return this.#flags[at] === SUPERSEDED;
  }

  #freePlace(low: number): number {
    let at = low & this.#mask;
    while (this.#isLive(at)) at = (at + 1) & this.#mask;
    return at;
  }

  #isLive(at: number): boolean {
    return (this.#segment[at] as number) > this.#oldestSegment;
  }

  #placeAt(at: number): RecordPlace {
    return {
      segment: (this.#segment[at] as number) - 1,
      offset: this.#offset[at] as number,
      bytes: this.#bytes[at] as number,
    };
  }

  #rebuild(): void {
    const live = this.records;
    const [high, low, variant] = [this.#high, this.#low, this.#variant];
    const [segment, offset, bytes, flags] = [this.#segment, this.#offset, this.#bytes, this.#flags];
    const oldest = this.#oldestSegment;
    let places = FIRST_PLACES;
    while (live > places * (MAX_LOAD / 2)) places *= 2;
    this.#mask = places - 1;
    this.#high = new Int32Array(places);
    this.#low = new Int32Array(places);
    this.#variant = new Int32Array(places);
    this.#segment = new Uint32Array(places);
    this.#offset = new Uint32Array(places);
    this.#bytes = new Uint32Array(places);
    this.#flags = new Uint8Array(places);
    this.#used = live;
    for (let from = 0; from < segment.length; from++) {
      if ((segment[from] as number) <= oldest) continue;
      const at = this.#freePlace(low[from] as number);
      this.#high[at] = high[from] as number;
      this.#low[at] = low[from] as number;
      this.#variant[at] = variant[from] as number;
      this.#segment[at] = segment[from] as number;
      this.#offset[at] = offset[from] as number;
      this.#bytes[at] = bytes[from] as number;
      this.#flags[at] = flags[from] as number;
    }
  }
}
