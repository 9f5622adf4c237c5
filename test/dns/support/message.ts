// A second reader of DNS messages, written from the RFCs alone and as strict as they allow, so that the server's own
// decoder is never its only judge; and a writer that takes any nonsense, for messages no encoder would make.

export interface RawRecord {
  section: 'answer' | 'authority' | 'additional';
  ownerText: string;
  type: number;
  class: number;
  ttl: number;
  rdataStart: number;
  rdata: Buffer;
}

export interface RawOption {
  code: number;
  data: Buffer;
}

export interface RawMessage {
  id: number;
  flags: number;
  qr: boolean;
  opcode: number;
  aa: boolean;
  tc: boolean;
  rd: boolean;
  ra: boolean;
  /** The three bits Z, AD and CD. */
  reserved: number;
  /** With the upper eight bits of the OPT record. */
  rcode: number;
  questions: { nameText: string; type: number; class: number; bytes: Buffer }[];
  records: RawRecord[];
  opt?: { udpPayloadBytes: number; version: number; flags: number; options: RawOption[] };
}

/** Throws an Error that says what is wrong with the message: also for bytes that follow it. */
export function readMessage(bytes: Buffer): RawMessage {
  if (bytes.length < 12) throw new Error('shorter than a header');
  const flags = bytes.readUInt16BE(2);
  const message: RawMessage = {
    id: bytes.readUInt16BE(0),
    flags,
    qr: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    aa: (flags & 0x400) !== 0,
    tc: (flags & 0x200) !== 0,
    rd: (flags & 0x100) !== 0,
    ra: (flags & 0x80) !== 0,
    reserved: (flags >> 4) & 7,
    rcode: flags & 15,
    questions: [],
    records: [],
  };
  let at = 12;
  for (let i = bytes.readUInt16BE(4); i > 0; i--) {
    const name = readNameText(bytes, at);
    if (name.end + 4 > bytes.length) throw new Error('question beyond the end');
    message.questions.push({
      nameText: name.text,
      type: bytes.readUInt16BE(name.end),
      class: bytes.readUInt16BE(name.end + 2),
      bytes: bytes.subarray(at, name.end + 4),
    });
    at = name.end + 4;
  }
  for (const [i, section] of (['answer', 'authority', 'additional'] as const).entries()) {
    for (let n = bytes.readUInt16BE(6 + 2 * i); n > 0; n--) {
      const owner = readNameText(bytes, at);
      if (owner.end + 10 > bytes.length) throw new Error(`${section} record beyond the end`);
      const rdataStart = owner.end + 10;
      const end = rdataStart + bytes.readUInt16BE(owner.end + 8);
      if (end > bytes.length) throw new Error(`RDATA of an ${section} record beyond the end`);
      const record: RawRecord = {
        section,
        ownerText: owner.text,
        type: bytes.readUInt16BE(owner.end),
        class: bytes.readUInt16BE(owner.end + 2),
        ttl: bytes.readUInt32BE(owner.end + 4),
        rdataStart,
        rdata: bytes.subarray(rdataStart, end),
      };
      if (record.type === 41) readOpt(message, record);
      else message.records.push(record);
      at = end;
    }
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes after the message`);
  return message;
}

function readOpt(message: RawMessage, record: RawRecord): void {
  if (message.opt) throw new Error('two OPT records');
  if (record.section !== 'additional') throw new Error(`OPT in the ${record.section} section`);
  if (record.ownerText !== '.') throw new Error('an OPT record whose owner is not the root');
  const options: RawOption[] = [];
  for (let at = 0; at < record.rdata.length; ) {
    if (at + 4 > record.rdata.length) throw new Error('an EDNS option without a length');
    const end = at + 4 + record.rdata.readUInt16BE(at + 2);
    if (end > record.rdata.length) throw new Error('an EDNS option beyond its record');
    options.push({ code: record.rdata.readUInt16BE(at), data: record.rdata.subarray(at + 4, end) });
    at = end;
  }
  message.rcode |= (record.ttl >>> 24) << 4;
  message.opt = {
    udpPayloadBytes: record.class,
    version: (record.ttl >>> 16) & 255,
    flags: record.ttl & 0xffff,
    options,
  };
}

/** Letter case is kept, odd bytes are `\ddd`. */
export function readNameText(bytes: Buffer, start: number): { text: string; end: number } {
  let text = '';
  let at = start;
  let end = -1;
  let before = start;
  for (let wireBytes = 1; ; ) {
    const length = bytes[at];
    if (length === undefined) throw new Error('a name beyond the end');
    if (length === 0) return { text: text || '.', end: end < 0 ? at + 1 : end };
    if (length < 64) {
      wireBytes += 1 + length;
      if (wireBytes > 255) throw new Error('a name of more than 255 bytes');
      if (at + 1 + length > bytes.length) throw new Error('a label beyond the end');
      for (const byte of bytes.subarray(at + 1, at + 1 + length)) {
        text +=
          byte > 32 && byte < 127 && byte !== 46 && byte !== 92 ? String.fromCharCode(byte) : `\\${byte}`;
      }
      text += '.';
      at += 1 + length;
      continue;
    }
    const low = bytes[at + 1];
    if (length < 192 || low === undefined)
      throw new Error('a label that is neither text nor a whole pointer');
    if (end < 0) end = at + 2;
    at = ((length & 63) << 8) | low;
    if (at >= before) throw new Error('a compression pointer that does not point backwards');
    before = at;
  }
}

export interface QueryParts {
  id?: number;
  flags?: number;
  /** Wire form; `nameBytes` makes one of text. */
  name?: Uint8Array;
  type?: number;
  class?: number;
  /** The four counts, where they should differ from what follows. */
  counts?: [number, number, number, number];
  /** Bytes of whole records after the question. */
  additional?: Uint8Array[];
  tail?: Uint8Array;
}

export function rawQuery(parts: QueryParts = {}): Buffer {
  const additional = parts.additional ?? [];
  const counts = parts.counts ?? [1, 0, 0, additional.length];
  return Buffer.concat([
    words(parts.id ?? 0x1234, parts.flags ?? 0, ...counts),
    parts.name ?? nameBytes('www.cdn.test'),
    words(parts.type ?? 1, parts.class ?? 1),
    ...additional,
    parts.tail ?? Buffer.alloc(0),
  ]);
}

/** An OPT record; `ttl` is its header word: extended RCODE, version, flags. */
export function optRecord(
  options: RawOption[] | Uint8Array = [],
  header: { udpPayloadBytes?: number; version?: number; flags?: number; owner?: Uint8Array } = {},
): Buffer {
  const rdata = Array.isArray(options) ? Buffer.concat(options.map(optionBytes)) : options;
  return Buffer.concat([
    header.owner ?? Buffer.from([0]),
    words(41, header.udpPayloadBytes ?? 1232, header.version ?? 0, header.flags ?? 0, rdata.length),
    rdata,
  ]);
}

export function optionBytes({ code, data }: RawOption): Buffer {
  return Buffer.concat([words(code, data.length), data]);
}

/** The Client Subnet option (RFC 7871 section 6): `subnetOption('193.0.0.0', 24)`; fields can be given wrongly. */
export function subnetOption(
  address: Uint8Array | number[],
  source: number,
  wrong: { family?: number; scope?: number; bytes?: number } = {},
): RawOption {
  const family = wrong.family ?? (address.length > 4 ? 2 : 1);
  const sent = Buffer.alloc(wrong.bytes ?? Math.ceil(source / 8));
  sent.set(Buffer.from(address).subarray(0, sent.length));
  return { code: 8, data: Buffer.concat([words(family), Buffer.from([source, wrong.scope ?? 0]), sent]) };
}

export function nameBytes(text: string): Buffer {
  const labels = text.split('.').filter((label) => label !== '');
  const parts = labels.map((label) =>
    Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
  );
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, 2 * i);
  return bytes;
}
