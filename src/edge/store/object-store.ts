// What the cache asks of a store: all variants of a URL at once, since choosing among them needs their Vary.
// Implementations are held to test/edge/store/object-store-contract.ts.

import type { StoredResponse } from '../stored-response.ts';

export interface ObjectStore {
  /** Newest first; counts as a use. */
  get(key: string): readonly StoredResponse[];
  /** Adds a response, in place of the one for the same request; false when it is too large for this store. */
  put(key: string, response: StoredResponse): boolean;
  delete(key: string): boolean;
  readonly objects: number;
  readonly bytes: number;
  readonly maxObjectBytes: number;
}

/** Variants kept per URL: beyond it the oldest goes, so that `Vary: User-Agent` cannot eat the cache. */
export const MAX_VARIANTS = 16;
