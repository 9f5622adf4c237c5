// Memory in front of a disk: what memory evicts goes to the disk, what a miss finds there comes back (`load`), what is
// too large for memory lives on the disk alone. Hits never wait for it.

import type { StoredResponse } from '../stored-response.ts';
import type { DiskTier } from './disk-tier.ts';
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
import type { ObjectStore, PutOptions } from './object-store.ts';
import { plainResponse } from './packed-response.ts';

export interface TieredStore extends ObjectStore {
  mayHold(key: string): boolean;
  load(key: string): Promise<readonly StoredResponse[]>;
  readonly memory: MemoryStore;
  readonly disk: DiskTier;
  /** Writes what memory holds, so that a restart finds it, for at most `deadlineMs`; then closes the disk. */
  close(deadlineMs: number): Promise<void>;
}

/** Objects handed over at once when closing, so that the disk's queue does not overflow. */
const CLOSE_BATCH = 64;

export function createTieredStore(options: MemoryStoreOptions, disk: DiskTier): TieredStore {
  const memory = createMemoryStore({
    ...options,
    onEvicted(key, variants) {
      for (const variant of variants) disk.offer(key, variant);
      options.onEvicted?.(key, variants);
    },
  });

  function put(key: string, response: StoredResponse, putOptions?: PutOptions): boolean {
    disk.supersede(key, response.secondaryKey);
    if (memory.put(key, response, putOptions)) return true;
    if (response.size > disk.maxObjectBytes) return false;
    // Memory is asked first: what it still has of a URL that has outgrown it would be served for ever.
    if (memory.peek(key).some(({ secondaryKey }) => secondaryKey === response.secondaryKey))
      memory.delete(key);
    const tags = putOptions?.tags ?? response.tags;
    disk.offer(key, tags === response.tags ? response : { ...plainResponse(response), tags });
    return true;
  }

  async function load(key: string): Promise<readonly StoredResponse[]> {
    const { sequence } = memory;
    const loaded = await disk.load(key);
    // What came meanwhile is newer than anything on the disk.
    const held = new Set(memory.peek(key).map((variant) => variant.secondaryKey));
    const large: StoredResponse[] = [];
    // Oldest first, so that the newest is put last and stands first.
    for (const response of [...loaded].reverse()) {
      if (held.has(response.secondaryKey)) continue;
      if (memory.wasPurgedSince(sequence, key, response.tags ?? [])) continue;
      const fits = response.size <= memory.maxObjectBytes && memory.put(key, response);
      if (!fits) large.unshift(response);
    }
    return [...memory.peek(key), ...large];
  }

  return {
    memory,
    disk,
    get: (key) => memory.get(key),
    peek: (key) => memory.peek(key),
    put,
    putIfNotPurgedSince(sequence, key, response, putOptions) {
      const tags = putOptions?.tags ?? response.tags ?? [];
      return !memory.wasPurgedSince(sequence, key, tags) && put(key, response, putOptions);
    },
    get sequence() {
      return memory.sequence;
    },
    delete(key) {
      const onDisk = disk.mayHold(key);
      disk.purge('key', key, false);
      return memory.delete(key) || onDisk;
    },
    purgeKey(key, soft) {
      const onDisk = disk.mayHold(key);
      disk.purge('key', key, soft);
      const outcome = memory.purgeKey(key, soft);
      return onDisk ? { ...outcome, objects: 1 } : outcome;
    },
    purgeTag(tag, soft) {
      disk.purge('tag', tag, soft);
      return memory.purgeTag(tag, soft);
    },
    purgePrefix(prefix, soft) {
      disk.purge('prefix', prefix, soft);
      return memory.purgePrefix(prefix, soft);
    },
    purgeAll(soft) {
      disk.purge('all', '', soft);
      return memory.purgeAll(soft);
    },
    pin: (key) => memory.pin(key),
    unpin: (key) => memory.unpin(key),
    isPinned: (key) => memory.isPinned(key),
    entries: () => memory.entries(),
    stats: () => memory.stats(),
    get objects() {
      return memory.objects;
    },
    get bytes() {
      return memory.bytes;
    },
    maxObjectBytes: Math.max(memory.maxObjectBytes, disk.maxObjectBytes),
    mayHold: (key) => disk.mayHold(key),
    load,
    async close(deadlineMs) {
      const deadline = options.now() + deadlineMs;
      let offered = 0;
      for (const { key, variants } of memory.entries()) {
        for (const variant of variants) disk.offer(key, variant);
        if (++offered % CLOSE_BATCH !== 0) continue;
        await disk.flushed().catch(() => {});
        if (options.now() >= deadline) break;
      }
      await disk.close();
    },
  };
}
