// The store that a configuration asks for: memory, with a disk behind it or without, with ghost caches or without.

import type { EdgeConfig } from '../config.ts';
import type { DiskStats } from '../store/disk-tier.ts';
import { GhostCaches, type GhostEstimate } from '../store/ghost-caches.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** For /state and /metrics. */
export type StoreState = ReturnType<ObjectStore['stats']> & { disk?: DiskStats; ghosts?: GhostEstimate[] };

export interface OpenedStore {
  store: ObjectStore;
  /** In all of its levels. */
  objects(): number;
  /** Purges are on the disk. Absent without one; rejects while a restart would forget one. */
  flushed?: () => Promise<void>;
  state(): StoreState;
  /** With a disk: writes what memory holds, for at most `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** @throws UserError when another process has the disk tier's directory; what the system says when it cannot be used. */
export async function openStore(
  { cacheBytes, eviction, disk, ghosts }: Pick<EdgeConfig, 'cacheBytes' | 'eviction' | 'disk' | 'ghosts'>,
  now: () => number,
  onEvent: (event: string, details: object) => void = () => {},
): Promise<OpenedStore> {
  const observer = ghosts ? new GhostCaches({ capacityBytes: cacheBytes }) : undefined;
  const memory = { cacheBytes, policy: eviction, now, ...(observer && { observer }) };
  const estimates = () => (observer ? { ghosts: observer.estimates() } : undefined);
  if (!disk) {
    const store = createMemoryStore(memory);
    const objects = () => store.objects;
    return { store, objects, state: () => ({ ...store.stats(), ...estimates() }), close: async () => {} };
  }
  // Few edges have one.
  const [{ lockDirectory }, { openDiskTier }, { createTieredStore }] = await Promise.all([
    import('./disk-lock.ts'),
    import('./disk-tier.ts'),
    import('../store/tiered-store.ts'),
  ]);
  const lock = await lockDirectory(disk.directory);
  const tier = await openDiskTier({ directory: disk.directory, maxBytes: disk.bytes, now, onEvent });
  const store = createTieredStore(memory, tier);
  return {
    store,
    objects: () => store.objects + tier.stats().records,
    flushed: () => tier.flushed(),
    state: () => ({ ...store.stats(), disk: tier.stats(), ...estimates() }),
    close: async (deadlineMs) => {
      await store.close(deadlineMs);
      await lock.release();
    },
  };
}
