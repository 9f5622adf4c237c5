// The least-recently-used store under its earlier name.

import { createMemoryStore } from './memory-store.ts';
import type { ObjectStore } from './object-store.ts';

export function createLruStore(cacheBytes: number, now: () => number = () => 0): ObjectStore {
  return createMemoryStore({ cacheBytes, policy: 'lru', now });
}
