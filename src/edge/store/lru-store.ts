// Least recently used by bytes, on lru-cache. The unit of eviction is a URL with all its variants.

import { LRUCache } from 'lru-cache';
import type { StoredResponse } from '../stored-response.ts';
import { MAX_VARIANTS, type ObjectStore } from './object-store.ts';

/** What an object costs besides its body: fields, key and bookkeeping, roughly. */
const OVERHEAD_BYTES = 1024;

export function createLruStore(cacheBytes: number): ObjectStore {
  // A quarter: so that one object cannot push out everything else.
  const maxObjectBytes = Math.floor(cacheBytes / 4);
  const urls = new LRUCache<string, readonly StoredResponse[]>({
    maxSize: cacheBytes,
    sizeCalculation: (variants) => totalSize(variants),
  });
  return {
    get: (key) => urls.get(key) ?? [],
    put(key, response) {
      if (response.size + OVERHEAD_BYTES > maxObjectBytes) return false;
      const others = (urls.peek(key) ?? []).filter((other) => !sameRequest(other, response));
      const variants = [response, ...others].slice(0, MAX_VARIANTS);
      while (totalSize(variants) > cacheBytes / 2) variants.pop();
      urls.set(key, variants);
      return true;
    },
    delete: (key) => urls.delete(key),
    get objects() {
      return urls.size;
    },
    get bytes() {
      return urls.calculatedSize;
    },
    maxObjectBytes,
  };
}

function totalSize(variants: readonly StoredResponse[]): number {
  return variants.reduce((sum, variant) => sum + variant.size + OVERHEAD_BYTES, 0);
}

function sameRequest(a: StoredResponse, b: StoredResponse): boolean {
  return a.secondaryKey === b.secondaryKey;
}
