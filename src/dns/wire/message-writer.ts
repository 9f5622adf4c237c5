// Writes messages into one reused buffer, with name compression (RFC 1035 section 4.1.4). A record that does not fit is
// undone and reported, so the caller decides what truncation means for its section.

import { CLASSES } from './constants.ts';
import { type Name, parentOf, ROOT } from './name.ts';
import { COMPRESSIBLE_TYPES } from './rdata.ts';
import type { OwnedRRset } from './record.ts';

const MAX_POINTER = 0x3fff;

export class MessageWriter {
  readonly bytes = Buffer.allocUnsafe(65535);
  length = 0;
  #limit = 0;
  /** Where each name already written (or part of one) starts. */
  #offsets = new Map<Name, number>();
  /** The question's name, not yet among the offsets: most replies only ever point at the whole of it. */
  #question: { name: Name; at: number } | undefined;

  /** Begins a message of at most `limit` bytes. */
  reset(limit: number): void {
    this.length = 0;
    this.#limit = limit;
    if (this.#offsets.size > 0) this.#offsets.clear();
    this.#question = undefined;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.bytes[this.length++] = source[i] as number;
  }

  u8(value: number): void {
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.setU16(this.length, value);
    this.length += 2;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value);
  }

  setU16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }

  /** Makes a name already in the message (the question's) a target of compression pointers. */
  remember(name: Name, at: number): void {
    if (name !== ROOT) this.#question = { name, at };
  }

  name(name: Name, compress: boolean): void {
    if (this.#question) {
      if (compress && name === this.#question.name) {
        this.u16(0xc000 | this.#question.at);
        return;
      }
      this.#addOffsets(this.#question.name, ROOT, this.#question.at);
      this.#question = undefined;
    }
    let rest = name;
    const start = this.length;
    let pointer = compress ? this.#offsets.get(rest) : undefined;
    while (pointer === undefined && rest !== ROOT) {
      rest = parentOf(rest);
      pointer = compress ? this.#offsets.get(rest) : undefined;
    }
    const written = name.length - rest.length;
    this.bytes.write(name, start, written, 'latin1');
    this.length += written;
    if (pointer === undefined) this.bytes[this.length++] = 0;
    else this.u16(0xc000 | pointer);
    this.#addOffsets(name, rest, start);
  }

  /** Writes all records of an RRset, or none: then false. Returns their number. */
  rrset(rrset: OwnedRRset): number | false {
    const start = this.length;
    for (const rdata of rrset.rdata) {
      let upperBound = rrset.owner.length + 12;
      for (const part of rdata.parts) upperBound += part.length;
      if (this.length + upperBound > this.bytes.length) return this.#undo(start);
      this.name(rrset.owner, true);
      this.u16(rrset.type);
      this.u16(rrset.class ?? CLASSES.IN);
      this.u32(rrset.ttlSeconds);
      const lengthAt = this.length;
      this.length += 2;
      const compress = COMPRESSIBLE_TYPES.has(rrset.type);
      for (const part of rdata.parts) {
        if (typeof part === 'string') this.name(part, compress);
        else this.copy(part, 0, part.length);
      }
      this.setU16(lengthAt, this.length - lengthAt - 2);
      if (this.length > this.#limit) return this.#undo(start);
    }
    return rrset.rdata.length;
  }

  /** The name written at `start`, and its parents down to `end`, become targets. */
  #addOffsets(name: Name, end: Name, start: number): void {
    for (let part = name, at = start; part !== end && at <= MAX_POINTER; part = parentOf(part)) {
      if (!this.#offsets.has(part)) this.#offsets.set(part, at);
      at += 1 + part.charCodeAt(0);
    }
  }

  #undo(start: number): false {
    this.length = start;
    for (const [name, at] of this.#offsets) if (at >= start) this.#offsets.delete(name);
    return false;
  }
}
