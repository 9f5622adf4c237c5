// The memory store against a model that keeps everything: random interleavings of every operation.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../../src/edge/store/memory-store.ts';
import { POLICY_NAMES } from '../../../src/edge/store/policies/eviction-policy.ts';
import { stored } from './stored-responses.ts';

interface Expected {
  size: number;
  tags: string[];
  soft: boolean;
}
/** Key to language to what the last put of it was. */
type Model = Map<string, Map<string, Expected>>;

const keys = ['/a/1', '/a/2', '/a/b/1', '/b/1', '/b/2', '/c'];
const tags = ['red', 'green', 'blue'];
const key = fc.constantFrom(...keys);
const soft = fc.boolean();
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('put' as const),
      key,
      size: fc.integer({ min: 0, max: 4000 }),
      language: fc.constantFrom('de', 'fr', 'en'),
      tags: fc.subarray(tags),
      began: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('get' as const), key }) },
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constant('key' as const), value: key, soft }),
  fc.record({ op: fc.constant('tag' as const), value: fc.constantFrom(...tags), soft }),
  fc.record({ op: fc.constant('prefix' as const), value: fc.constantFrom('/', '/a', '/a/', '/b/1'), soft }),
  fc.record({ op: fc.constant('all' as const), value: fc.constant(''), soft }),
  fc.record({ op: fc.constant('pin' as const), key }),
  fc.record({ op: fc.constant('unpin' as const), key }),
);

describe('any order of puts, purges and lookups', () => {
  for (const policy of POLICY_NAMES) {
    it(`leaves nothing purged, nothing foreign and never too many bytes (${policy})`, () => {
      fc.assert(
        fc.property(
          fc.array(command, { maxLength: 80 }),
          fc.constantFrom(24_000, 400_000),
          (commands, bytes) => {
            const store = createMemoryStore({ cacheBytes: bytes, policy, now: () => 7 });
            const model: Model = new Map();
            const purges: ((key: string, tags: string[]) => boolean)[] = [];
            for (const one of commands) {
              if (one.op === 'put') put(store, model, purges, one);
              else if (one.op === 'get') store.get(one.key);
              else if (one.op === 'pin') store.pin(one.key);
              else if (one.op === 'unpin') store.unpin(one.key);
              else {
                const purge = one.op === 'delete' ? { op: 'key', value: one.key, soft: false } : one;
                if (one.op === 'delete') store.delete(one.key);
                else if (one.op === 'key') store.purgeKey(one.value, one.soft);
                else if (one.op === 'tag') store.purgeTag(one.value, one.soft);
                else if (one.op === 'prefix') store.purgePrefix(one.value, one.soft);
                else store.purgeAll(one.soft);
                const matches = (key: string, tags: string[]) =>
                  purge.op === 'all' ||
                  (purge.op === 'key' && key === purge.value) ||
                  (purge.op === 'prefix' && key.startsWith(purge.value)) ||
                  (purge.op === 'tag' && tags.includes(purge.value));
                purges.push(matches);
                for (const [key, variants] of model) {
                  for (const [language, variant] of variants) {
                    if (!matches(key, variant.tags)) continue;
                    if (purge.soft) variant.soft = true;
                    else variants.delete(language);
                  }
                }
              }
              expect(store.bytes).toBeLessThanOrEqual(bytes);
            }
            const roomy = bytes > 100_000;
            for (const key of keys) {
              const found = store.get(key);
              const expected = model.get(key) ?? new Map<string, Expected>();
              // Nothing but what the model has; everything of it where nothing had to be evicted.
              if (roomy) expect(found.length).toBe(expected.size);
              for (const response of found) {
                const language = /"(de|fr|en)"\]/.exec(response.secondaryKey)?.[1] ?? '';
                const variant = expected.get(language);
                expect(response.size).toBe(variant?.size);
                expect(response.purgedSoftAtMs).toBe(variant?.soft ? 7 : undefined);
                expect([...(response.tags ?? [])].sort()).toEqual(variant?.tags.sort());
              }
            }
            const total = [...store.entries()].reduce((sum, entry) => sum + entry.bytes, 0);
            expect(total).toBe(store.bytes);
            store.purgeAll(false);
            expect([store.bytes, store.objects, store.stats().tags]).toEqual([0, 0, 0]);
          },
        ),
        { numRuns: 150 },
      );
    });
  }
});

/** A put whose fetch began `began` purges ago. */
function put(
  store: MemoryStore,
  model: Model,
  purges: ((key: string, tags: string[]) => boolean)[],
  one: { key: string; size: number; language: string; tags: string[]; began: number },
): void {
  const began = Math.min(one.began, purges.length);
  const purged = purges.slice(purges.length - began).some((matches) => matches(one.key, one.tags));
  const response = stored(one.size, one.language, one.tags);
  expect(store.putIfNotPurgedSince(store.sequence - began, one.key, response)).toBe(!purged);
  if (purged) return;
  const variants = model.get(one.key) ?? new Map<string, Expected>();
  variants.set(one.language, { size: one.size, tags: one.tags, soft: false });
  model.set(one.key, variants);
}
