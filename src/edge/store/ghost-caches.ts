// "What would the hit ratio be with another policy, or with twice the memory?" Twelve ghost caches (policy x half, same,
// double size) beside the live one, on one sample of the keys. The sample is thinned out whenever it grows too large, so
// that memory and time stay bounded: a key outside it costs one hash (which a hit has already) and one comparison.

import { GhostCache } from './ghost-cache.ts';
import type { StoreObserver } from './memory-store.ts';
import { POLICY_NAMES, type PolicyName } from './policies/eviction-policy.ts';

export interface GhostEstimate {
  policy: PolicyName;
  /** Times the capacity of the live cache. */
  size: number;
  /** 0 to 1; undefined before anything was seen. */
  requestHitRatio: number | undefined;
  byteHitRatio: number | undefined;
}

export interface GhostOptions {
  capacityBytes: number;
  sizes?: readonly number[];
  policies?: readonly PolicyName[];
  /** Objects a single ghost cache may hold before the sample is halved. */
  maxSampled?: number;
}

interface Tally {
  cache: GhostCache;
  size: number;
  hits: number;
  hitBytes: number;
}

const SIZES = [0.5, 1, 2];
/** 8192 keys: an error of about one point (SHARDS, section 5.3). */
const MAX_SAMPLED = 8192;
/** Sampled lookups after which all counts are halved, so that the estimate follows the traffic. */
const WINDOW = 1 << 20;
const HASHES = 2 ** 32;

export class GhostCaches implements StoreObserver {
  #options: GhostOptions;
  #tallies: Tally[];
  #maxSampled: number;
  /** Hashes below it are in the sample. */
  #threshold = HASHES;
  /** Lookups that should have been in the sample, and those that were. */
  #expected = 0;
  #sampled = 0;
  #sampledBytes = 0;
  /** Lookups that missed, until the store tells their size; a refresh of what was found is no request of its own. */
  #missed = new Set<number>();

  constructor(options: GhostOptions) {
    this.#options = options;
    this.#maxSampled = options.maxSampled ?? MAX_SAMPLED;
    const sizes = options.sizes ?? SIZES;
    this.#tallies = (options.policies ?? POLICY_NAMES).flatMap((policy) =>
      sizes.map((size) => {
        const cache = new GhostCache(policy, options.capacityBytes * size);
        return { cache, size, hits: 0, hitBytes: 0 };
      }),
    );
  }

  /** Share of the keys that are looked at. */
  get rate(): number {
    return this.#threshold / HASHES;
  }

  looked(hash: number, bytes: number): void {
    this.#expected += this.rate;
    if (!this.#isSampled(hash)) return;
    this.#sampled++;
    if (bytes === 0 && this.#missed.size < MAX_SAMPLED) this.#missed.add(hash);
    this.#sampledBytes += bytes;
    for (const tally of this.#tallies) {
      const found = tally.cache.look(hash);
      if (found === 0) {
        // The live cache has it and this one would have fetched it.
        if (bytes > 0) tally.cache.store(hash, bytes);
        continue;
      }
      tally.hits++;
      tally.hitBytes += bytes > 0 ? bytes : found;
    }
    if (this.#sampled >= WINDOW) this.#halveCounts();
  }

  stored(hash: number, bytes: number): void {
    if (!this.#isSampled(hash)) return;
    if (this.#missed.delete(hash)) this.#sampledBytes += bytes;
    for (const { cache } of this.#tallies) cache.store(hash, bytes);
    if (this.#tallies.some(({ cache }) => cache.objects > this.#maxSampled)) this.#thinOut();
  }

  estimates(): GhostEstimate[] {
    return this.#tallies.map(({ cache, size, hits, hitBytes }) => {
      // SHARDS-adj: lookups that the sample has too many or too few of are those of the hottest keys, which hit.
      const missing = this.#expected - this.#sampled;
      const requestHitRatio = this.#expected === 0 ? undefined : clamp((hits + missing) / this.#expected);
      const byteHitRatio = this.#sampledBytes === 0 ? undefined : clamp(hitBytes / this.#sampledBytes);
      return { policy: cache.policyName, size, requestHitRatio, byteHitRatio };
    });
  }

  #isSampled(hash: number): boolean {
    return hash >>> 0 < this.#threshold;
  }

  #thinOut(): void {
    this.#threshold /= 2;
    for (const { cache, size } of this.#tallies) {
      cache.thinOut((hash) => this.#isSampled(hash), this.#options.capacityBytes * size * this.rate);
    }
  }

  #halveCounts(): void {
    // Those still waiting for their size were never stored.
    this.#missed.clear();
    this.#expected /= 2;
    this.#sampled /= 2;
    this.#sampledBytes /= 2;
    for (const tally of this.#tallies) {
      tally.hits /= 2;
      tally.hitBytes /= 2;
    }
  }
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio));
}
