// What every ObjectStore must do; a new implementation or policy calls this with its constructor.

import { describe, expect, it } from 'vitest';
import { MAX_VARIANTS, type ObjectStore } from '../../../src/edge/store/object-store.ts';
import { stored } from './stored-responses.ts';

export type CreateStore = (cacheBytes: number, now: () => number) => ObjectStore;

export function objectStoreContract(name: string, createStore: CreateStore): void {
  const create = (cacheBytes = 1_000_000) => createStore(cacheBytes, () => 5000);
  const sizesOf = (store: ObjectStore, key: string) => store.get(key).map((variant) => variant.size);

  describe(`${name}, an ObjectStore`, () => {
    it('holds variants of a URL newest first, one per request', () => {
      const store = create();
      const [de, fr, newDe] = [stored(1, 'de'), stored(2, 'fr'), stored(3, 'de')];
      for (const response of [de, fr, newDe]) expect(store.put('u', response)).toBe(true);
      expect(sizesOf(store, 'u')).toEqual([3, 2]);
      expect(store.get('other')).toEqual([]);
    });

    it('gives back what was put in', () => {
      const store = create();
      const response = stored(300, 'de', ['a']);
      store.put('u', response);
      const [found] = store.get('u');
      for (const name of Object.keys(response) as (keyof typeof response)[]) {
        expect(found?.[name], name).toEqual(response[name]);
      }
    });

    it('caps the variants of a URL and counts what that drops', () => {
      const store = create();
      for (let i = 0; i < MAX_VARIANTS + 5; i++) store.put('u', stored(1, `x-${i}`));
      expect(store.get('u').length).toBe(MAX_VARIANTS);
      expect(store.stats().variantsDropped).toBe(5);
    });

    it('stays within its bytes and drops what was not used', () => {
      const store = create(100_000);
      for (let i = 0; i < 50; i++) {
        store.put(`u${i}`, stored(8000));
        store.get('u0');
        expect(store.bytes).toBeLessThanOrEqual(100_000);
      }
      expect(store.get('u0').length).toBe(1);
      expect(store.get('u1')).toEqual([]);
      expect(store.objects).toBeLessThan(50);
      expect(store.stats().evictions).toBe(50 - store.objects);
    });

    it('refuses what is too large and keeps the rest', () => {
      const store = create(100_000);
      store.put('small', stored(1000));
      expect(store.put('large', stored(store.maxObjectBytes + 1))).toBe(false);
      expect(store.get('small').length).toBe(1);
    });

    it('forgets on demand', () => {
      const store = create(100_000);
      store.put('u', stored(1000));
      expect([store.delete('u'), store.delete('u')]).toEqual([true, false]);
      expect([store.get('u').length, store.bytes]).toEqual([0, 0]);
    });

    it('counts no peek as a use', () => {
      const store = create();
      store.put('u', stored(1));
      expect([store.peek('u').length, store.peek('v').length]).toEqual([1, 0]);
      expect(store.stats()).toMatchObject({ hits: 0, misses: 0 });
    });

    it('lists what it holds', () => {
      const store = create();
      store.put('u', stored(1, 'de'));
      store.put('u', stored(2, 'fr'));
      store.put('v', stored(3));
      store.pin('v');
      const entries = [...store.entries()].map(({ key, variants, pinned }) => [key, variants.length, pinned]);
      expect(entries).toEqual([
        ['u', 2, false],
        ['v', 1, true],
      ]);
      expect([...store.entries()].reduce((sum, entry) => sum + entry.bytes, 0)).toBe(store.bytes);
    });
  });

  describe(`${name}, purged`, () => {
    const filled = (): ObjectStore => {
      const store = create();
      store.put('http://a/x/1', stored(1, undefined, ['red', 'blue']));
      store.put('http://a/x/2', stored(2, undefined, ['red']));
      store.put('http://a/y/3', stored(3));
      store.put('http://a/y/3', stored(4, 'de', ['blue']));
      return store;
    };
    const left = (store: ObjectStore) => [...store.entries()].map(({ key }) => key.slice(-3));

    it('by tag loses the tagged responses at once and tells how many objects that were', () => {
      const store = filled();
      expect(store.purgeTag('blue', false).objects).toBe(2);
      expect(left(store)).toEqual(['x/2', 'y/3']);
      expect(sizesOf(store, 'http://a/y/3')).toEqual([3]);
      expect(store.purgeTag('blue', false).objects).toBe(0);
    });

    it('by prefix loses these, and takes new ones again', () => {
      const store = filled();
      const { sequence } = store.purgePrefix('http://a/x/', false);
      expect(sequence).toBe(store.sequence);
      store.put('http://a/x/9', stored(9));
      expect(left(store)).toEqual(['y/3', 'x/9']);
      expect(sizesOf(store, 'http://a/x/1')).toEqual([]);
    });

    it('as a whole is empty', () => {
      const store = filled();
      store.pin('http://a/x/1');
      expect(store.purgeAll(false).objects).toBe(3);
      expect([store.objects, store.bytes, left(store)]).toEqual([0, 0, []]);
      store.put('http://a/x/1', stored(7));
      expect([...store.entries()].map((entry) => entry.pinned)).toEqual([true]);
    });

    it('softly keeps everything, marked with the time', () => {
      for (const purge of [
        (store: ObjectStore) => store.purgeTag('red', true),
        (store: ObjectStore) => store.purgePrefix('http://a/x', true),
        (store: ObjectStore) => store.purgeKey('http://a/x/1', true),
        (store: ObjectStore) => store.purgeAll(true),
      ]) {
        const store = filled();
        purge(store);
        expect(store.get('http://a/x/1')[0]?.purgedSoftAtMs).toBe(5000);
        expect(left(store).length).toBe(3);
        store.put('http://a/x/1', stored(8));
        expect(store.get('http://a/x/1')[0]?.purgedSoftAtMs).toBeUndefined();
      }
    });

    it('refuses a fill that began before, and only of what was purged', () => {
      for (const soft of [true, false]) {
        const store = filled();
        const began = store.sequence;
        store.purgeTag('red', soft);
        store.purgePrefix('http://a/y', soft);
        store.purgeKey('k', soft);
        const put = (key: string, tags: string[], sequence = began) =>
          store.putIfNotPurgedSince(sequence, key, stored(1), { tags });
        expect([put('new', ['red']), put('http://a/y/4', []), put('k', [])]).toEqual([false, false, false]);
        expect([put('new', ['blue']), put('k2', [])]).toEqual([true, true]);
        expect(put('k', ['red'], store.sequence)).toBe(true);
        store.purgeAll(soft);
        expect(put('anything', [])).toBe(false);
        expect(store.stats().refusedPurged).toBe(4);
      }
    });
  });

  describe(`${name}, with pins`, () => {
    it('never evicts what is pinned', () => {
      const store = create(100_000);
      store.pin('later');
      store.put('now', stored(5000), { pinned: true });
      store.put('later', stored(5000));
      for (let i = 0; i < 100; i++) store.put(`u${i}`, stored(5000));
      expect([store.get('now').length, store.get('later').length]).toEqual([1, 1]);
      expect(store.stats()).toMatchObject({ pinnedObjects: 2 });
      expect(['now', 'later', 'u99'].map((key) => store.isPinned(key))).toEqual([true, true, false]);
      expect([store.unpin('now'), store.unpin('now')]).toEqual([true, false]);
      expect(store.isPinned('now')).toBe(false);
      for (let i = 0; i < 100; i++) store.put(`v${i}`, stored(5000));
      expect([store.get('now').length, store.get('later').length]).toEqual([0, 1]);
    });

    it('pins at most half of itself', () => {
      const store = create(100_000);
      for (let i = 0; i < 30; i++) store.put(`u${i}`, stored(5000), { pinned: true });
      expect(store.stats().pinnedBytes).toBeLessThanOrEqual(50_000);
      expect(store.bytes).toBeLessThanOrEqual(100_000);
      store.put('other', stored(10_000));
      expect(store.get('other').length).toBe(1);
    });
  });
}
