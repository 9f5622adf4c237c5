// Writes MaxMind's database format, which no npm package does: search tree, 16 zero bytes, data section, the
// marker, metadata ("MaxMind DB File Format Specification" 2.0). Pure: entries in, bytes out, and the same entries
// give the same bytes. Readers to check against: the npm package `maxmind` and Debian's `mmdblookup`.

import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/prefix.ts';
import { bigEndian, DataSection, type MmdbValue, uint16, uint32, uint64 } from './mmdb-value.ts';
import { buildTrie, listNodes } from './prefix-trie.ts';

export interface MmdbEntry {
  prefix: Prefix;
  record: MmdbValue;
}

export interface MmdbOptions {
  /** Readers choose a record shape by it: `GeoLite2-City`, or a name of your own. */
  databaseType: string;
  description: string;
  /** Seconds since 1970. An argument, so that the same input gives the same bytes. */
  buildEpoch?: number;
  /** Bits of one child reference; by default the smallest that can address everything. */
  recordSize?: 24 | 28 | 32;
}

const SEPARATOR_BYTES = 16;
/** 1 January 2020: any fixed time will do, but libmaxminddb refuses a file from 1970. */
const DEFAULT_BUILD_EPOCH = 1_577_836_800;
const METADATA_MARKER = [0xab, 0xcd, 0xef, ...new TextEncoder().encode('MaxMind.com')];

/**
 * The bytes of an .mmdb file. Of several prefixes that cover an address, the longest answers.
 * Throws TypeError for a prefix given twice, RangeError when a stated record size is too small.
 */
export function writeMmdb(entries: MmdbEntry[], options: MmdbOptions): Uint8Array {
  refuseDuplicates(entries);
  const data = new DataSection({ sharing: true });
  const nodes = listNodes(
    buildTrie(entries.map(({ prefix, record }) => ({ prefix, record: data.add(record) }))),
  );
  const dataBytes = data.toBytes();
  const recordSize = options.recordSize ?? smallestRecordSize(nodes.length, dataBytes.length);
  if (largestReference(nodes.length, dataBytes.length) >= 2 ** recordSize) {
    throw new RangeError(
      `${nodes.length} nodes and ${dataBytes.length} bytes of data need more than ${recordSize} bits`,
    );
  }

  const numberOf = new Map(nodes.map((node, i) => [node, i]));
  const tree = new Uint8Array((nodes.length * recordSize) / 4);
  nodes.forEach((node, i) => {
    const [left, right] = node.children.map((child) =>
      child === undefined
        ? nodes.length // "no data here"
        : typeof child === 'object'
          ? (numberOf.get(child) ?? 0)
          : nodes.length + SEPARATOR_BYTES + child,
    );
    tree.set(nodeBytes(left ?? 0, right ?? 0, recordSize), (i * recordSize) / 4);
  });

  const metadata = new DataSection({ sharing: false });
  metadata.add({
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint64(options.buildEpoch ?? DEFAULT_BUILD_EPOCH),
    database_type: options.databaseType,
    description: { en: options.description },
    ip_version: uint16(6),
    languages: ['en'],
    node_count: uint32(nodes.length),
    record_size: uint16(recordSize),
  });
  return concatenate([
    tree,
    new Uint8Array(SEPARATOR_BYTES),
    dataBytes,
    Uint8Array.from(METADATA_MARKER),
    metadata.toBytes(),
  ]);
}

/** Two references in 6, 7 or 8 bytes; at 28 bits they share the middle byte, the left one in its high half. */
function nodeBytes(left: number, right: number, recordSize: 24 | 28 | 32): number[] {
  if (recordSize !== 28) return [...bigEndian(left, recordSize / 8), ...bigEndian(right, recordSize / 8)];
  const middle = ((left >>> 24) << 4) | (right >>> 24);
  return [...bigEndian(left, 3), middle, ...bigEndian(right, 3)];
}

function smallestRecordSize(nodeCount: number, dataLength: number): 24 | 28 | 32 {
  const largest = largestReference(nodeCount, dataLength);
  return largest < 2 ** 24 ? 24 : largest < 2 ** 28 ? 28 : 32;
}

function largestReference(nodeCount: number, dataLength: number): number {
  return nodeCount + SEPARATOR_BYTES + dataLength;
}

function refuseDuplicates(entries: MmdbEntry[]): void {
  const seen = new Set<string>();
  for (const { prefix } of entries) {
    const text = formatPrefix(prefix);
    if (seen.has(text)) throw new TypeError(`${text} is given twice`);
    seen.add(text);
  }
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
