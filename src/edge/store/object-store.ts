// What the cache asks of a store: all variants of a URL at once, since choosing among them needs their Vary.
// Implementations are held to test/edge/store/object-store-contract.ts.

import type { StoredResponse } from '../stored-response.ts';

export interface PutOptions {
  /** Surrogate keys of this response; those it carries itself are used when absent. */
  tags?: readonly string[] | undefined;
  /** Keep the URL until it is unpinned or purged (as `pin` does). */
  pinned?: boolean | undefined;
}

export interface PurgeOutcome {
  /** The store's sequence from this purge on. */
  sequence: number;
  /** URLs that were purged; undefined where they are found one by one later (by prefix). */
  objects: number | undefined;
}

export interface StoredEntry {
  key: string;
  /** Accounted: bodies, heads and bookkeeping. */
  bytes: number;
  pinned: boolean;
  variants: readonly StoredResponse[];
}

export interface StoreStats {
  policy: string;
  objects: number;
  bytes: number;
  capacityBytes: number;
  hits: number;
  misses: number;
  evictions: number;
  evictedBytes: number;
  /** Variants dropped because their URL had too many: a Vary that explodes. */
  variantsDropped: number;
  refusedTooLarge: number;
  /** Fills that ended after a purge of what they filled. */
  refusedPurged: number;
  /** Objects removed or marked by purges. */
  purged: number;
  pinnedObjects: number;
  pinnedBytes: number;
  tags: number;
}

/**
 * A soft purge marks responses (`purgedSoftAtMs`): they are stale from then on, whatever their lifetime says, and may
 * be served only where stale ones may. A hard purge removes them. Both raise the sequence.
 */
export interface ObjectStore {
  /** Newest first; counts as a use. */
  get(key: string): readonly StoredResponse[];
  /** As `get`, but counts as nothing: for looks that are not requests. */
  peek(key: string): readonly StoredResponse[];
  /** Adds a response, in place of the one for the same request; false when it is too large for this store. */
  put(key: string, response: StoredResponse, options?: PutOptions): boolean;
  /** As `put`, but false when the key or one of the tags was purged after `sequence`, read when the fill began. */
  putIfNotPurgedSince(sequence: number, key: string, response: StoredResponse, options?: PutOptions): boolean;
  /** Raised by every purge and delete. */
  readonly sequence: number;
  /** A hard purge of one key; whether there was anything. */
  delete(key: string): boolean;
  purgeKey(key: string, soft: boolean): PurgeOutcome;
  purgeTag(tag: string, soft: boolean): PurgeOutcome;
  /** Every key that begins with these characters. */
  purgePrefix(prefix: string, soft: boolean): PurgeOutcome;
  purgeAll(soft: boolean): PurgeOutcome;
  /** Never evicted from now on, or from when it comes; false when too much is pinned already. */
  pin(key: string): boolean;
  unpin(key: string): boolean;
  /** Not evicted whatever comes; of what is not in memory, whether it will be so there. */
  isPinned(key: string): boolean;
  entries(): IterableIterator<StoredEntry>;
  stats(): StoreStats;
  readonly objects: number;
  readonly bytes: number;
  readonly maxObjectBytes: number;
  /** Whether a slower tier may hold the key: then a miss may `load` it. Absent without such a tier. */
  mayHold?(key: string): boolean;
  /** From the slower tier into this store; empty when it is not there or not sound. Never rejects. */
  load?(key: string): Promise<readonly StoredResponse[]>;
}

/** Variants kept per URL: beyond it the oldest goes, so that `Vary: User-Agent` cannot eat the cache. */
export const MAX_VARIANTS = 16;
