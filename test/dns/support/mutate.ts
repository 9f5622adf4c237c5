// Makes hostile packets out of good ones: a few small lies about lengths, counts, pointers and flags get deep into a
// decoder, where noise is refused at the door. Seeded: a packet number of a seed is always the same packet.

import { type Random, seededRandom } from '../../../src/base/random.ts';

type Mutation = (packet: Buffer, pick: Pick) => Buffer;

interface Pick {
  below: (limit: number) => number;
  of: <T>(items: readonly T[]) => T;
  corpus: readonly Buffer[];
}

/** Values at which lengths and counts go wrong. */
const EDGES = [
  0, 1, 2, 3, 7, 8, 11, 12, 63, 64, 127, 128, 191, 192, 255, 256, 511, 512, 1232, 4096, 32767, 65535,
];
const TYPES = [
  0, 1, 2, 5, 6, 16, 28, 33, 39, 41, 43, 46, 47, 48, 65, 128, 249, 250, 251, 252, 255, 257, 65535,
];

const MUTATIONS: readonly Mutation[] = [
  // A bit, a byte, a word.
  (packet, { below }) => edited(packet, (bytes) => flip(bytes, below(8 * bytes.length))),
  (packet, { below }) =>
    edited(packet, (bytes) => bytes.fill(below(256), below(bytes.length)).subarray(0, 0)),
  (packet, { below, of }) => edited(packet, (bytes) => setWord(bytes, below(bytes.length), of(EDGES))),
  // Truncation, extension, a slice lost or said twice, another packet's end.
  (packet, { below }) => packet.subarray(0, below(packet.length + 1)),
  (packet, { below }) => Buffer.concat([packet, Buffer.alloc(1 + below(40), below(256))]),
  (packet, { below }) => {
    const at = below(packet.length + 1);
    return Buffer.concat([packet.subarray(0, at), packet.subarray(Math.min(packet.length, at + below(12)))]);
  },
  (packet, { below }) => {
    const at = below(packet.length + 1);
    const again = packet.subarray(at, at + below(30));
    return Buffer.concat([packet.subarray(0, at), again, again, packet.subarray(at)]);
  },
  (packet, { below, of, corpus }) => {
    const other = of(corpus);
    return Buffer.concat([packet.subarray(0, below(packet.length + 1)), other.subarray(below(other.length))]);
  },
  // The header: flags, opcode, counts.
  (packet, { below }) => edited(packet, (bytes) => setWord(bytes, 2, below(65536) & 0x7fff)),
  (packet, { below, of }) => edited(packet, (bytes) => setWord(bytes, 4 + 2 * below(4), of(EDGES))),
  (packet, { below }) => edited(packet, (bytes) => setWord(bytes, 4 + 2 * below(4), below(4))),
  // Names: compression pointers anywhere to anywhere near, letter case, long labels.
  (packet, { below }) =>
    edited(packet, (bytes) => setWord(bytes, 12 + below(bytes.length), 0xc000 | below(64))),
  (packet, { below }) => edited(packet, (bytes) => flip(bytes, 8 * (13 + below(20)) + 5)),
  (packet, { below }) => {
    const label = Buffer.alloc(64, 97 + below(26));
    label[0] = 63;
    return Buffer.concat([
      packet.subarray(0, 12),
      ...Array<Buffer>(below(6)).fill(label),
      packet.subarray(12),
    ]);
  },
  // Type and class, where the question ends.
  (packet, { below, of }) => {
    const end = packet.indexOf(0, 12);
    return edited(packet, (bytes) => setWord(bytes, end + 1 + 2 * below(2), of(TYPES)));
  },
  // The OPT record and its options: lengths, codes, payload, version, size.
  (packet, { below, of }) => {
    const opt = packet.lastIndexOf(Buffer.from([0, 0, 41]));
    if (opt < 0) return packet;
    return edited(packet, (bytes) => setWord(bytes, opt + 3 + below(10), of(EDGES)));
  },
  (packet, { below }) => {
    const opt = packet.lastIndexOf(Buffer.from([0, 0, 41]));
    const at = opt + 11 + below(Math.max(1, packet.length - opt - 11));
    return opt < 0 ? packet : edited(packet, (bytes) => setByte(bytes, at, below(256)));
  },
  (packet, { below, of }) => {
    const data = Buffer.alloc(of([0, 1, 3, 4, 7, 8, 11, 12, 16, 20, 40, 41, 100]), below(256));
    const option = Buffer.alloc(4 + data.length);
    option.writeUInt16BE(of([3, 8, 9, 10, 11, 12, 15, 18, 65001]), 0);
    option.writeUInt16BE(data.length + (below(4) === 0 ? below(5) - 2 : 0) < 0 ? 0 : data.length, 2);
    data.copy(option, 4);
    return withOption(packet, option);
  },
];

export interface Mutator {
  next(): Buffer;
}

/** One to four mutations of a packet of the corpus; now and then none, so that good answers are among the bad ones. */
export function createMutator(corpus: readonly Buffer[], seed: number): Mutator {
  const random: Random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const of = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const pick: Pick = { below, of, corpus };
  return {
    next: () => {
      let packet: Buffer = Buffer.from(of(corpus));
      if (packet.length >= 2) packet.writeUInt16BE(below(65536), 0);
      for (let times = below(5); times > 0; times--) packet = of(MUTATIONS)(packet, pick);
      return packet.subarray(0, 4096);
    },
  };
}

function edited(packet: Buffer, edit: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(packet);
  if (bytes.length > 0) edit(bytes);
  return bytes;
}

function flip(bytes: Buffer, bit: number): void {
  setByte(bytes, bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
}

function setByte(bytes: Buffer, at: number, value: number): void {
  if (at >= 0 && at < bytes.length) bytes[at] = value;
}

function setWord(bytes: Buffer, at: number, value: number): void {
  setByte(bytes, at, value >> 8);
  setByte(bytes, at + 1, value & 255);
}

/** Appended to the last OPT record, with its length put right. */
function withOption(packet: Buffer, option: Buffer): Buffer {
  const opt = packet.lastIndexOf(Buffer.from([0, 0, 41]));
  if (opt < 0) return packet;
  const bytes = Buffer.concat([packet, option]);
  setWord(bytes, opt + 9, bytes.length - opt - 11);
  return bytes;
}
