import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';
import { POLICY_NAMES } from '../../../src/edge/store/policies/eviction-policy.ts';
import { objectStoreContract } from './object-store-contract.ts';
import { stored } from './stored-responses.ts';

for (const policy of POLICY_NAMES) {
  objectStoreContract(`memory store (${policy})`, (cacheBytes, now) =>
    createMemoryStore({ cacheBytes, policy, now }),
  );
}

describe('a memory store', () => {
  it('tells of what capacity pushes out, and of nothing that was purged', () => {
    const evicted: string[] = [];
    const store = createMemoryStore({
      cacheBytes: 40_000,
      now: () => 0,
      onEvicted: (key) => evicted.push(key),
    });
    for (let i = 0; i < 3; i++) store.put(`/a/${i}`, stored(8000));
    store.delete('/a/0');
    store.purgePrefix('/a/1', false);
    for (let i = 0; i < 4; i++) store.put(`/b/${i}`, stored(9000));
    expect(evicted).toContain('/a/2');
    expect(evicted).not.toContain('/a/0');
    expect(evicted).not.toContain('/a/1');
  });

  it('frees what a purge by prefix reached without anybody asking for it', () => {
    const store = createMemoryStore({ cacheBytes: 10_000_000, now: () => 0 });
    for (let i = 0; i < 500; i++) store.put(`/a/${i}`, stored(100));
    store.purgePrefix('/a/', false);
    for (let i = 0; i < 20; i++) store.put(`/b/${i}`, stored(100));
    expect(store.objects).toBe(20);
    expect(store.stats().purged).toBe(500);
  });

  it('keeps everything else when more is purged than its log remembers', () => {
    const store = createMemoryStore({ cacheBytes: 10_000_000, now: () => 0 });
    for (let i = 0; i < 200; i++) store.put(`/a/${i}`, stored(100));
    const began = store.sequence;
    store.purgePrefix('/a/1', true);
    for (let i = 0; i < 40_000; i++) store.purgeKey(`/none/${i}`, false);
    store.purgePrefix('/a/2', false);
    expect(store.get('/a/1')[0]?.purgedSoftAtMs).toBe(0);
    expect(store.get('/a/2')).toEqual([]);
    expect(store.get('/a/3').length).toBe(1);
    expect([...store.entries()].length).toBe(200 - 11);
    // A fill that is older than the log is not trusted.
    expect(store.putIfNotPurgedSince(began, '/a/3', stored(1))).toBe(false);
  });

  it('survives a scan: what is asked for again and again stays (s3-fifo)', () => {
    const store = createMemoryStore({ cacheBytes: 200_000, now: () => 0 });
    for (let i = 0; i < 20; i++) store.put(`/hot/${i}`, stored(1000));
    for (let round = 0; round < 3; round++) for (let i = 0; i < 20; i++) store.get(`/hot/${i}`);
    for (let i = 0; i < 2000; i++) store.put(`/scan/${i}`, stored(1000));
    for (let i = 0; i < 20; i++) expect(store.get(`/hot/${i}`).length, `/hot/${i}`).toBe(1);
  });
});
