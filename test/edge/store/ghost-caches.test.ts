// Ghost caches must tell what a real store of that policy and size would have done.

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { GhostCaches } from '../../../src/edge/store/ghost-caches.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import type { PolicyName } from '../../../src/edge/store/policies/eviction-policy.ts';
import { stored } from './stored-responses.ts';

const KEYS = 3000;
const CAPACITY = 1_000_000;
const body = stored(0);

/** Zipf with exponent 1 over KEYS, by inversion. */
function zipfKeys(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.floor((KEYS + 1) ** random()) - 1;
}

function run(store: ReturnType<typeof createMemoryStore>, requests: number): number {
  const next = zipfKeys(5);
  let hits = 0;
  for (let i = 0; i < requests; i++) {
    const id = next();
    const key = `http://example.com/objects/${id}`;
    if (store.get(key).length > 0) hits++;
    else store.put(key, { ...body, body: [new Uint8Array(200 + ((id * 613) % 2000))] });
  }
  return hits / requests;
}

describe('ghost caches', () => {
  const requests = 20_000;
  const estimates = (maxSampled: number) => {
    const ghosts = new GhostCaches({ capacityBytes: CAPACITY, maxSampled });
    const store = createMemoryStore({ cacheBytes: CAPACITY, now: () => 0, observer: ghosts });
    const live = run(store, requests);
    return { ghosts, live };
  };
  const known = new Map<string, number>();
  const real = (policy: PolicyName, size: number) => {
    const name = `${policy} ${size}`;
    const ratio =
      known.get(name) ??
      run(createMemoryStore({ cacheBytes: CAPACITY * size, policy, now: () => 0 }), requests);
    known.set(name, ratio);
    return ratio;
  };

  it('agree with the live cache and with real ones of other policies and sizes', () => {
    const { ghosts, live } = estimates(1_000_000);
    expect(ghosts.rate).toBe(1);
    for (const { policy, size, requestHitRatio, byteHitRatio } of ghosts.estimates()) {
      if (policy === 's3-fifo' && size === 1) expect(requestHitRatio).toBeCloseTo(live, 2);
      expect(Math.abs((requestHitRatio ?? 0) - real(policy, size)), `${policy} ${size}`).toBeLessThan(0.01);
      expect(byteHitRatio).toBeGreaterThan(0.2);
    }
  });

  it('agree within the error of a sample when they look at a few hundred keys', () => {
    const { ghosts } = estimates(200);
    expect(ghosts.rate).toBeLessThan(0.3);
    for (const { policy, size, requestHitRatio } of ghosts.estimates()) {
      expect(Math.abs((requestHitRatio ?? 0) - real(policy, size)), `${policy} ${size}`).toBeLessThan(0.08);
    }
  });

  it('do not count a refresh as a request', () => {
    const ghosts = new GhostCaches({ capacityBytes: CAPACITY });
    const store = createMemoryStore({ cacheBytes: CAPACITY, now: () => 0, observer: ghosts });
    store.get('u');
    store.put('u', stored(1000));
    for (let i = 0; i < 3; i++) {
      store.get('u');
      store.put('u', stored(1000));
    }
    expect(ghosts.estimates()[0]).toMatchObject({ requestHitRatio: 0.75, byteHitRatio: 0.75 });
  });

  it('know nothing before anything was asked', () => {
    const ghosts = new GhostCaches({ capacityBytes: CAPACITY });
    expect(ghosts.estimates()[0]?.requestHitRatio).toBeUndefined();
  });
});
