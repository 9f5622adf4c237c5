// Resource records as the server keeps them: RRsets (RFC 2181 section 5) whose RDATA is wire form in pieces, so that
// writing one is copying bytes, and the names in it can be compressed where that is allowed (RFC 3597 section 4).

import type { Name } from './name.ts';

export interface Rdata {
  /** Wire form in order: bytes, and names as Name strings. */
  parts: readonly (Uint8Array | Name)[];
}

export interface RRset {
  type: number;
  ttlSeconds: number;
  rdata: readonly Rdata[];
}

/** An RRset with the name it is answered under (which for a wildcard is not the name it is stored under). */
export interface OwnedRRset extends RRset {
  owner: Name;
  /** IN unless given. */
  class?: number;
}
