// A table from address to class: a binary trie in one integer array, prefixes with equal classes merged, with an index over
// the first 16 bits. Plain data over shared memory, so that threads share one copy.

/** Child reference: 0 and up is a node, below 0 is a class, as its complement. */
export interface PrefixTable {
  /** Two child references a node. */
  nodes: Int32Array;
  /** The roots of both families' tries. */
  root4: number;
  root6: number;
  /** By the first 16 bits: the reference reached, and its depth. Empty where the trie is too small to gain from it. */
  index4: Int32Array;
  depths4: Uint8Array;
  index6: Int32Array;
  depths6: Uint8Array;
}

const INDEX_BITS = 16;
/** Below this the index would cost more memory than the trie. */
const MIN_INDEXED_NODES = 2048;

/** Reads a table. One object a table and thread: `depth` belongs to the last lookup. */
export class PrefixLookup {
  readonly table: PrefixTable;
  /** Bits of the address that decided the last lookup: all addresses that share them have its class. */
  depth = 0;
  #nodes: Int32Array;
  #indexed: boolean;

  constructor(table: PrefixTable) {
    this.table = table;
    this.#nodes = table.nodes;
    this.#indexed = table.index4.length > 0;
  }

  /** The class of a 4- or 16-byte address. */
  classOf(address: Uint8Array): number {
    const table = this.table;
    const six = address.length === 16;
    let reference: number;
    let depth = 0;
    if (this.#indexed) {
      const slot = ((address[0] as number) << 8) | (address[1] as number);
      reference = (six ? table.index6 : table.index4)[slot] as number;
      depth = (six ? table.depths6 : table.depths4)[slot] as number;
    } else reference = six ? table.root6 : table.root4;
    const nodes = this.#nodes;
    const bits = address.length * 8;
    while (reference >= 0 && depth < bits) {
      const bit = ((address[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
      reference = nodes[2 * reference + bit] as number;
      depth++;
    }
    this.depth = depth;
    // Deeper than an address is long: only broken files are, and no address has a record there.
    return reference < 0 ? ~reference : 0;
  }
}

/** Builds a trie from its leaves up; equal leaves merge. */
export class PrefixTableBuilder {
  #nodes: Int32Array;
  #count = 0;

  /** `nodes`: how many at most, if that is known. Memory that is not written to is never really taken. */
  constructor(nodes = 512) {
    this.#nodes = new Int32Array(2 * Math.max(1, nodes));
  }

  /** The reference for a pair of children. */
  join(left: number, right: number): number {
    if (left === right && left < 0) return left;
    if (2 * this.#count + 2 > this.#nodes.length) {
      const larger = new Int32Array(this.#nodes.length * 2);
      larger.set(this.#nodes);
      this.#nodes = larger;
    }
    this.#nodes[2 * this.#count] = left;
    this.#nodes[2 * this.#count + 1] = right;
    return this.#count++;
  }

  finish(root4: number, root6: number): PrefixTable {
    const nodes = shared(Int32Array, 2 * this.#count);
    nodes.set(this.#nodes.subarray(0, 2 * this.#count));
    const indexed = this.#count >= MIN_INDEXED_NODES;
    const [index4, depths4] = indexFrom(nodes, root4, indexed);
    const [index6, depths6] = indexFrom(nodes, root6, indexed);
    return { nodes, root4, root6, index4, depths4, index6, depths6 };
  }
}

function indexFrom(nodes: Int32Array, root: number, indexed: boolean): [Int32Array, Uint8Array] {
  const size = indexed ? 1 << INDEX_BITS : 0;
  const index = shared(Int32Array, size);
  const depths = shared(Uint8Array, size);
  for (let slot = 0; slot < size; slot++) {
    let reference = root;
    let depth = 0;
    while (reference >= 0 && depth < INDEX_BITS) {
      reference = nodes[2 * reference + ((slot >> (15 - depth)) & 1)] as number;
      depth++;
    }
    index[slot] = reference;
    depths[slot] = depth;
  }
  return [index, depths];
}

function shared<T extends Int32Array | Uint8Array>(
  type: { new (buffer: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number },
  length: number,
): T {
  return new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT));
}
