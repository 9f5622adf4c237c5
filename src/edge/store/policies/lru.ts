// Least recently used, on lru-cache: the yardstick. Costs more memory per object than the others and is beaten by
// S3-FIFO on every trace of bench/edge/store.ts; offered because people know it.

import { LRUCache } from 'lru-cache';
import { NO_SLOT } from '../slot-queue.ts';
import type { EvictionPolicy } from './eviction-policy.ts';

export function createLru(): EvictionPolicy {
  // The store counts the bytes; lru-cache only keeps the order and is never full by itself.
  const order = new LRUCache<number, number>({ maxSize: Number.MAX_SAFE_INTEGER });
  return {
    add: (slot) => void order.set(slot, slot, { size: 1 }),
    hit: (slot) => void order.get(slot),
    resize() {},
    remove: (slot) => void order.delete(slot),
    evict: () => order.pop() ?? NO_SLOT,
    setCapacity() {},
  };
}
