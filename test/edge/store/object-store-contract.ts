// What every ObjectStore must do; a new implementation calls this with its constructor.

import { describe, expect, it } from 'vitest';
import { MAX_VARIANTS, type ObjectStore } from '../../../src/edge/store/object-store.ts';
import { responseHead, type StoredResponse } from '../../../src/edge/stored-response.ts';

export function stored(size: number, language?: string): StoredResponse {
  const head = responseHead({
    status: 200,
    fields: ['Cache-Control', 'max-age=60', ...(language ? ['Vary', 'Accept-Language'] : [])],
    requestFields: language ? ['Accept-Language', language] : [],
    requestTimeMs: 0,
    responseTimeMs: 0,
  });
  return { ...head, body: [Buffer.alloc(size)], size };
}

export function objectStoreContract(name: string, create: (cacheBytes: number) => ObjectStore): void {
  describe(`${name}, an ObjectStore`, () => {
    it('holds variants of a URL newest first, one per request', () => {
      const store = create(1_000_000);
      const [de, fr, newDe] = [stored(1, 'de'), stored(2, 'fr'), stored(3, 'de')];
      for (const response of [de, fr, newDe]) expect(store.put('u', response)).toBe(true);
      expect(store.get('u').map((variant) => variant.size)).toEqual([3, 2]);
      expect(store.get('other')).toEqual([]);
    });

    it('caps the variants of a URL', () => {
      const store = create(1_000_000);
      for (let i = 0; i < MAX_VARIANTS + 5; i++) store.put('u', stored(1, `x-${i}`));
      expect(store.get('u').length).toBe(MAX_VARIANTS);
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
  });
}
