// Objects in memory, bounded by bytes. The unit of eviction is a URL with all its variants; which goes next is the
// policy's business (policies/), what a response costs is packed-response.ts'. Objects are numbered (slots), and what is
// known of them stands in columns: a million objects are a dozen arrays, not millions of small objects.
//
// Purges by key and by tag act at once. Those by prefix and a soft purge of everything leave a mark (purge-log.ts) that
// each object is held against when it is next looked up, and a sweep, a few objects per put, that gets the rest.

import type { StoredResponse } from '../stored-response.ts';
import { keyHash, ownString } from './key-hash.ts';
import {
  MAX_VARIANTS,
  type ObjectStore,
  type PurgeOutcome,
  type PutOptions,
  type StoredEntry,
  type StoreStats,
} from './object-store.ts';
import { ResponsePacker, responseBytes } from './packed-response.ts';
import { createPolicy, type EvictionPolicy, type PolicyName } from './policies/eviction-policy.ts';
import { PurgeLog, type PurgeVerdict } from './purge-log.ts';
import { NO_SLOT, withRoomFor } from './slot-queue.ts';
import { TAG_LINK_BYTES, TagIndex } from './tag-index.ts';

export interface MemoryStoreOptions {
  cacheBytes: number;
  policy?: PolicyName;
  /** Milliseconds since the epoch: when a soft purge happened. */
  now(): number;
  maxVariants?: number;
  /** Told of every lookup; ghost caches listen. `bytes` is 0 on a miss. */
  observer?: StoreObserver;
  /** What capacity pushed out, for a slower tier. Purges are not told. */
  onEvicted?(key: string, variants: readonly StoredResponse[]): void;
}

export interface StoreObserver {
  looked(hash: number, bytes: number): void;
  stored(hash: number, bytes: number): void;
}

/** One response needs no array around it. */
type Held = StoredResponse | readonly StoredResponse[];

const NOTHING: readonly StoredResponse[] = [];
/** Columns, the key's string header and its place in the Map. */
const SLOT_BYTES = 128;
/** So that one object cannot push out everything else. */
const MAX_OBJECT_SHARE = 1 / 4;
/** All variants of a URL, and everything pinned, leave the other half to the rest. */
const MAX_SHARE = 1 / 2;
const MAX_PINS = 100_000;
/** Objects held against lazy purges per put. */
const SWEEP_STEP = 64;

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  return new MemoryStore(options);
}

export class MemoryStore implements ObjectStore {
  readonly maxObjectBytes: number;
  #options: MemoryStoreOptions;
  #capacityBytes: number;
  #policyName: PolicyName;
  #policy: EvictionPolicy;
  #packer = new ResponsePacker();
  #tags = new TagIndex((slot) => this.#variantsAt(slot).flatMap(({ tags }) => tags ?? NO_TAGS));
  #log = new PurgeLog();
  #pins = new Set<string>();

  #slots = new Map<string, number>();
  #free: number[] = [];
  #keys: string[] = [];
  #held: (Held | undefined)[] = [];
  #sizes = new Float64Array();
  #hashes = new Int32Array();
  /** Sequence up to which purges have been applied to the object. */
  #settled = new Uint32Array();
  #pinned = new Uint8Array();

  #bytes = 0;
  #sequence = 0;
  /** Sequence of the last purge that left a mark for the lookup. */
  #lazySequence = 0;
  /** Next slot of the sweep; at the end there is none under way. */
  #sweepAt = 0;
  #counts = {
    hits: 0,
    misses: 0,
    evictions: 0,
    evictedBytes: 0,
    variantsDropped: 0,
    refusedTooLarge: 0,
    refusedPurged: 0,
    purged: 0,
    pinnedObjects: 0,
    pinnedBytes: 0,
  };

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#capacityBytes = options.cacheBytes;
    this.maxObjectBytes = Math.floor(options.cacheBytes * MAX_OBJECT_SHARE);
    this.#policyName = options.policy ?? 's3-fifo';
    this.#policy = this.#newPolicy();
  }

  get objects(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get(key: string): readonly StoredResponse[] {
    const slot = this.#find(key);
    if (slot === NO_SLOT) {
      this.#counts.misses++;
      this.#options.observer?.looked(keyHash(key), 0);
      return NOTHING;
    }
    this.#counts.hits++;
    if (this.#pinned[slot] === 0) this.#policy.hit(slot);
    this.#options.observer?.looked(this.#hashes[slot] as number, this.#sizes[slot] as number);
    return this.#variantsAt(slot);
  }

  peek(key: string): readonly StoredResponse[] {
    const slot = this.#find(key);
    return slot === NO_SLOT ? NOTHING : this.#variantsAt(slot);
  }

  put(key: string, response: StoredResponse, options: PutOptions = {}): boolean {
    this.#sweep(SWEEP_STEP);
    const packed = this.#packer.pack(response);
    const tags = options.tags ?? packed.tags;
    if (tags !== undefined && tags.length > 0) packed.tags = tags;
    const ownBytes = costOf(packed);
    const keyBytes = SLOT_BYTES + key.length;
    if (ownBytes + keyBytes > this.maxObjectBytes) {
      this.#counts.refusedTooLarge++;
      return false;
    }
    if (packed.tags) packed.tags = this.#tags.intern(packed.tags);
    const slot = this.#find(key);
    const others = slot === NO_SLOT ? NOTHING : this.#variantsAt(slot);
    const variants = [packed, ...others.filter((other) => other.secondaryKey !== packed.secondaryKey)];
    let bytes = keyBytes + variants.reduce((sum, variant) => sum + costOf(variant), 0);
    const maxVariants = this.#options.maxVariants ?? MAX_VARIANTS;
    while (variants.length > maxVariants || bytes > this.#capacityBytes * MAX_SHARE) {
      bytes -= costOf(variants.pop() as StoredResponse);
      this.#counts.variantsDropped++;
    }
    if (options.pinned) this.pin(key);
    if (slot === NO_SLOT) this.#add(key, variants, bytes);
    else this.#replace(slot, variants, bytes);
    this.#options.observer?.stored(keyHash(key), bytes);
    return true;
  }

  putIfNotPurgedSince(
    sequence: number,
    key: string,
    response: StoredResponse,
    options: PutOptions = {},
  ): boolean {
    const tags = options.tags ?? response.tags ?? NO_TAGS;
    return !this.wasPurgedSince(sequence, key, tags) && this.put(key, response, options);
  }

  /** Softly or not; counts the fill as refused. */
  wasPurgedSince(sequence: number, key: string, tags: readonly string[]): boolean {
    if (sequence === this.#sequence || this.#log.since(sequence, key, tags).action === 'keep') return false;
    this.#counts.refusedPurged++;
    return true;
  }

  delete(key: string): boolean {
    return this.purgeKey(key, false).objects === 1;
  }

  purgeKey(key: string, soft: boolean): PurgeOutcome {
    const slot = this.#find(key);
    const atMs = this.#record('key', key, soft);
    if (slot !== NO_SLOT) {
      if (soft) markSoft(this.#variantsAt(slot), atMs);
      else this.#drop(slot);
      this.#counts.purged++;
    }
    return { sequence: this.#sequence, objects: slot === NO_SLOT ? 0 : 1 };
  }

  purgeTag(tag: string, soft: boolean): PurgeOutcome {
    const atMs = this.#record('tag', tag, soft);
    let objects = 0;
    for (const slot of this.#tags.slotsOf(tag)) {
      // What an earlier purge by prefix has removed already is not counted again.
      if (!this.#settle(slot)) continue;
      const variants = this.#variantsAt(slot);
      const tagged = variants.filter((variant) => variant.tags?.includes(tag));
      objects++;
      if (soft) markSoft(tagged, atMs);
      else if (tagged.length === variants.length) this.#drop(slot);
      else {
        const kept = variants.filter((variant) => !tagged.includes(variant));
        const bytes = tagged.reduce((sum, variant) => sum - costOf(variant), this.#sizes[slot] as number);
        this.#replace(slot, kept, bytes);
      }
    }
    this.#counts.purged += objects;
    return { sequence: this.#sequence, objects };
  }

  purgePrefix(prefix: string, soft: boolean): PurgeOutcome {
    this.#record('prefix', prefix, soft);
    this.#beginSweep();
    return { sequence: this.#sequence, objects: undefined };
  }

  purgeAll(soft: boolean): PurgeOutcome {
    this.#record('all', '', soft);
    const objects = this.objects;
    if (soft) {
      this.#beginSweep();
      return { sequence: this.#sequence, objects };
    }
    // All columns anew: the garbage collector frees a million objects without this call waiting for it.
    this.#slots = new Map();
    this.#tags.clear();
    [this.#free, this.#keys, this.#held] = [[], [], []];
    this.#sizes = new Float64Array();
    this.#bytes = 0;
    this.#sweepAt = 0;
    this.#counts.pinnedObjects = 0;
    this.#counts.pinnedBytes = 0;
    this.#counts.purged += objects;
    this.#policy = this.#newPolicy();
    return { sequence: this.#sequence, objects };
  }

  pin(key: string): boolean {
    if (this.#pins.size >= MAX_PINS && !this.#pins.has(key)) return false;
    const slot = this.#find(key);
    if (slot !== NO_SLOT && this.#pinned[slot] === 0) {
      const bytes = this.#sizes[slot] as number;
      if (!this.#mayPin(bytes)) return false;
      this.#policy.remove(slot);
      this.#setPinned(slot, bytes);
    }
    this.#pins.add(ownString(key));
    return true;
  }

  unpin(key: string): boolean {
    const known = this.#pins.delete(key);
    const slot = this.#find(key);
    if (slot !== NO_SLOT && this.#pinned[slot] === 1) {
      this.#clearPinned(slot);
      this.#policy.add(slot);
    }
    return known;
  }

  isPinned(key: string): boolean {
    const slot = this.#find(key);
    return slot === NO_SLOT ? this.#pins.has(key) : this.#pinned[slot] === 1;
  }

  *entries(): IterableIterator<StoredEntry> {
    for (const [key, slot] of this.#slots) {
      if (!this.#settle(slot)) continue;
      const pinned = this.#pinned[slot] === 1;
      yield { key, bytes: this.#sizes[slot] as number, pinned, variants: this.#variantsAt(slot) };
    }
  }

  stats(): StoreStats {
    return {
      policy: this.#policyName,
      objects: this.objects,
      bytes: this.#bytes,
      capacityBytes: this.#capacityBytes,
      tags: this.#tags.size,
      ...this.#counts,
    };
  }

  /** The slot of a key that no purge has reached; NO_SLOT. */
  #find(key: string): number {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.#settle(slot) ? slot : NO_SLOT;
  }

  #variantsAt(slot: number): readonly StoredResponse[] {
    const held = this.#held[slot] as Held;
    return Array.isArray(held) ? held : [held as StoredResponse];
  }

  #add(key: string, variants: readonly StoredResponse[], bytes: number): void {
    // First room, then the object: a policy must not choose what it has just been given.
    this.#makeRoom(bytes);
    const slot = this.#free.pop() ?? this.#keys.length;
    const own = ownString(key);
    this.#keys[slot] = own;
    this.#slots.set(own, slot);
    this.#sizes = withRoomFor(this.#sizes, slot);
    this.#hashes = withRoomFor(this.#hashes, slot);
    this.#settled = withRoomFor(this.#settled, slot);
    this.#pinned = withRoomFor(this.#pinned, slot);
    this.#hashes[slot] = keyHash(own);
    this.#settled[slot] = this.#sequence;
    this.#pinned[slot] = 0;
    this.#sizes[slot] = bytes;
    this.#bytes += bytes;
    this.#hold(slot, variants);
    if (this.#pins.has(key) && this.#mayPin(bytes)) this.#setPinned(slot, bytes);
    else this.#policy.add(slot);
  }

  #replace(slot: number, variants: readonly StoredResponse[], bytes: number): void {
    this.#unlinkTags(slot);
    this.#settled[slot] = this.#sequence;
    const difference = bytes - (this.#sizes[slot] as number);
    this.#sizes[slot] = bytes;
    this.#bytes += difference;
    this.#hold(slot, variants);
    if (this.#pinned[slot] === 0) this.#policy.resize(slot, difference);
    else {
      this.#counts.pinnedBytes += difference;
      if (this.#counts.pinnedBytes > this.#capacityBytes * MAX_SHARE) {
        this.#clearPinned(slot);
        this.#policy.add(slot);
      }
    }
    this.#makeRoom(0);
  }

  #hold(slot: number, variants: readonly StoredResponse[]): void {
    this.#held[slot] = variants.length === 1 ? variants[0] : variants;
    for (const { tags } of variants) {
      for (const tag of tags ?? NO_TAGS) this.#tags.add(tag, slot);
    }
  }

  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#capacityBytes) {
      const slot = this.#policy.evict();
      if (slot === NO_SLOT) return;
      const isWanted = this.#isSettled(slot) || this.#verdict(slot).action === 'keep';
      this.#counts.evictions++;
      this.#counts.evictedBytes += this.#sizes[slot] as number;
      const key = this.#keys[slot] as string;
      const variants = this.#variantsAt(slot);
      this.#release(slot);
      // What a purge has marked is not worth a place in the slower tier.
      if (isWanted) this.#options.onEvicted?.(key, variants);
    }
  }

  #drop(slot: number): void {
    if (this.#pinned[slot] === 1) this.#clearPinned(slot);
    else this.#policy.remove(slot);
    this.#release(slot);
  }

  /** Frees a slot that the policy has let go. */
  #release(slot: number): void {
    this.#unlinkTags(slot);
    this.#slots.delete(this.#keys[slot] as string);
    this.#bytes -= this.#sizes[slot] as number;
    this.#sizes[slot] = 0;
    this.#keys[slot] = '';
    this.#held[slot] = undefined;
    this.#free.push(slot);
  }

  #unlinkTags(slot: number): void {
    if (this.#tags.size === 0) return;
    for (const { tags } of this.#variantsAt(slot)) {
      for (const tag of tags ?? NO_TAGS) this.#tags.remove(tag, slot);
    }
  }

  #record(kind: 'all' | 'key' | 'prefix' | 'tag', value: string, soft: boolean): number {
    const atMs = this.#options.now();
    // A full log forgets marks: first every object must have been held against them.
    if (this.#log.isFull) this.#sweep(Number.POSITIVE_INFINITY);
    this.#log.record({ kind, value: ownString(value), soft, sequence: ++this.#sequence, atMs });
    return atMs;
  }

  #isSettled(slot: number): boolean {
    return (this.#settled[slot] as number) >= this.#lazySequence;
  }

  /** Applies purges that left a mark; false when the object is gone by that. */
  #settle(slot: number): boolean {
    if (this.#isSettled(slot)) return true;
    const verdict = this.#verdict(slot);
    if (verdict.action === 'remove') {
      this.#drop(slot);
      this.#counts.purged++;
      return false;
    }
    if (verdict.action === 'mark') {
      markSoft(this.#variantsAt(slot), verdict.atMs);
      this.#counts.purged++;
    }
    this.#settled[slot] = this.#sequence;
    return true;
  }

  #verdict(slot: number): PurgeVerdict {
    // What the log has forgotten, every object was held against.
    const sequence = Math.max(this.#settled[slot] as number, this.#log.floor);
    return this.#log.since(sequence, this.#keys[slot] as string, NO_TAGS);
  }

  #beginSweep(): void {
    this.#lazySequence = this.#sequence;
    this.#sweepAt = 0;
  }

  #isSweeping(): boolean {
    return this.#lazySequence > 0 && this.#sweepAt < this.#keys.length;
  }

  #sweep(steps: number): void {
    if (!this.#isSweeping()) return;
    const end = Math.min(this.#keys.length, this.#sweepAt + steps);
    for (; this.#sweepAt < end; this.#sweepAt++) {
      if (this.#held[this.#sweepAt] !== undefined) this.#settle(this.#sweepAt);
    }
  }

  #mayPin(bytes: number): boolean {
    return this.#counts.pinnedBytes + bytes <= this.#capacityBytes * MAX_SHARE;
  }

  #setPinned(slot: number, bytes: number): void {
    this.#pinned[slot] = 1;
    this.#counts.pinnedObjects++;
    this.#counts.pinnedBytes += bytes;
  }

  #clearPinned(slot: number): void {
    this.#pinned[slot] = 0;
    this.#counts.pinnedObjects--;
    this.#counts.pinnedBytes -= this.#sizes[slot] as number;
  }

  #newPolicy(): EvictionPolicy {
    return createPolicy(this.#policyName, {
      capacityBytes: this.#capacityBytes,
      bytesOf: (slot) => this.#sizes[slot] as number,
      hashOf: (slot) => this.#hashes[slot] as number,
    });
  }
}

const NO_TAGS: readonly string[] = [];

function costOf(response: StoredResponse): number {
  return responseBytes(response) + (response.tags?.length ?? 0) * TAG_LINK_BYTES;
}

function markSoft(variants: readonly StoredResponse[], atMs: number): void {
  for (const variant of variants) variant.purgedSoftAtMs = atMs;
}
