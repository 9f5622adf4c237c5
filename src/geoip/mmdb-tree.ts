// The search tree of an MMDB file, read from its bytes ("MaxMind DB File Format Specification" 2.0, section "Binary Search Tree
// Section"). For walks over whole databases, where a reader that looks up one address at a time is too slow; a lookup says
// also how long the matched prefix is. A truncated file is refused when it is opened.

import { MmdbDecoder } from './mmdb-decode.ts';

const SEPARATOR_BYTES = 16;
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const MAX_METADATA_BYTES = 128 * 1024;

/** Keys that geoip/locate reads; all others are skipped. */
const LOCATION_KEYS = new Set(
  `accuracy_radius autonomous_system_number city code continent continent_code country country_code en iso_code latitude
   location longitude names registered_country subdivisions traits`.split(/\s+/),
);

/** Below `nodeCount` a node; `nodeCount` itself: no data; above: a record. */
export type TreeReference = number;

export class MmdbTree {
  readonly nodeCount: number;
  readonly recordSize: 24 | 28 | 32;
  readonly ipVersion: 4 | 6;
  readonly databaseType: string;
  readonly builtAt: Date;
  /** Where IPv4 addresses start: the root, or what ::/96 leads to. */
  readonly ipv4Root: TreeReference;
  #bytes: Uint8Array;
  #decoder: MmdbDecoder;

  /** @throws RangeError saying what is wrong with the file. */
  constructor(bytes: Uint8Array, options: { allKeys?: boolean } = {}) {
    const metadata = readMetadata(bytes);
    const { node_count: nodeCount, record_size: recordSize, ip_version: ipVersion } = metadata;
    if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32)
      throw new RangeError(`not a record size: ${recordSize}`);
    if (ipVersion !== 4 && ipVersion !== 6) throw new RangeError(`not an IP version: ${ipVersion}`);
    if (typeof nodeCount !== 'number') throw new RangeError('the metadata has no node count');
    const dataStart = (nodeCount * recordSize) / 4 + SEPARATOR_BYTES;
    if (dataStart > metadata.end) {
      throw new RangeError(
        `truncated: ${nodeCount} nodes need ${dataStart} bytes, there are ${metadata.end}`,
      );
    }
    this.nodeCount = nodeCount;
    this.recordSize = recordSize;
    this.ipVersion = ipVersion;
    this.databaseType = String(metadata.database_type ?? '');
    this.builtAt = new Date(Number(metadata.build_epoch ?? 0) * 1000);
    this.#bytes = bytes;
    this.#decoder = new MmdbDecoder(
      bytes,
      dataStart,
      metadata.end,
      options.allKeys ? undefined : LOCATION_KEYS,
    );
    this.ipv4Root = this.#findIpv4Root();
  }

  /** The left child of a node. */
  left(node: number): TreeReference {
    const b = this.#bytes;
    switch (this.recordSize) {
      case 24: {
        const at = node * 6;
        return ((b[at] as number) << 16) | ((b[at + 1] as number) << 8) | (b[at + 2] as number);
      }
      case 28: {
        const at = node * 7;
        const high = (b[at + 3] as number) >> 4;
        return (
          (high << 24) | ((b[at] as number) << 16) | ((b[at + 1] as number) << 8) | (b[at + 2] as number)
        );
      }
      case 32:
        return uint32(b, node * 8);
    }
  }

  right(node: number): TreeReference {
    const b = this.#bytes;
    switch (this.recordSize) {
      case 24: {
        const at = node * 6 + 3;
        return ((b[at] as number) << 16) | ((b[at + 1] as number) << 8) | (b[at + 2] as number);
      }
      case 28: {
        const at = node * 7 + 3;
        const high = (b[at] as number) & 0x0f;
        return (
          (high << 24) | ((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number)
        );
      }
      case 32:
        return uint32(b, node * 8 + 4);
    }
  }

  /** The record that a reference above `nodeCount` leads to. @throws RangeError when there is none. */
  record(reference: TreeReference): unknown {
    return this.#decoder.decode(reference - this.nodeCount - SEPARATOR_BYTES);
  }

  /** What a 4- or 16-byte address leads to, and the length of the database's prefix around it, or of the hole it is in. */
  lookup(address: Uint8Array): { reference: TreeReference; prefixLength: number } {
    const six = address.length === 16;
    if (six && this.ipVersion === 4) return { reference: this.nodeCount, prefixLength: 0 };
    let reference = six || this.ipVersion === 4 ? 0 : this.ipv4Root;
    let depth = 0;
    while (reference < this.nodeCount && depth < address.length * 8) {
      const bit = ((address[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
      reference = bit === 0 ? this.left(reference) : this.right(reference);
      depth++;
    }
    return { reference, prefixLength: depth };
  }

  /** The record of an address; undefined where there is none. */
  recordOf(address: Uint8Array): { record: unknown; prefixLength: number } {
    const { reference, prefixLength } = this.lookup(address);
    return { record: reference > this.nodeCount ? this.record(reference) : undefined, prefixLength };
  }

  #findIpv4Root(): TreeReference {
    let reference = 0;
    if (this.ipVersion === 6) {
      for (let depth = 0; depth < 96 && reference < this.nodeCount; depth++) reference = this.left(reference);
    }
    return reference;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = bytes[at] as number;
  return (
    high * 16_777_216 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}

interface Metadata {
  /** Where the data section ends. */
  end: number;
  node_count?: unknown;
  record_size?: unknown;
  ip_version?: unknown;
  build_epoch?: unknown;
  database_type?: unknown;
}

function readMetadata(bytes: Uint8Array): Metadata {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marker = buffer.lastIndexOf(MARKER);
  if (marker < 0 || marker < bytes.length - MAX_METADATA_BYTES - MARKER.length) {
    throw new RangeError('not an MMDB file: it has no metadata at its end');
  }
  const start = marker + MARKER.length;
  const metadata = new MmdbDecoder(bytes, start, bytes.length).decode(0);
  if (typeof metadata !== 'object' || metadata === null) throw new RangeError('the metadata is no map');
  return { ...metadata, end: marker };
}
