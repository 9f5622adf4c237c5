import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DiskIndex } from '../../../src/edge/store/disk-index.ts';

// Few different hashes, so that chains collide and wrap around.
const name = fc.record({
  high: fc.integer({ min: 0, max: 1 }),
  low: fc.constantFrom(0, 1, 1022, 1023, 2047, -1),
  variant: fc.integer({ min: 0, max: 2 }),
});

it('finds what a Map would find, after any sets, deletes and dropped segments', () => {
  const command = fc.oneof(
    { weight: 5, arbitrary: fc.record({ op: fc.constant('set' as const), name }) },
    fc.record({ op: fc.constant('delete' as const), name }),
    fc.record({ op: fc.constant('supersede' as const), name }),
    fc.record({ op: fc.constant('drop' as const), back: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), fc.nat(2000), (commands, filler) => {
      const index = new DiskIndex();
      const model = new Map<string, { segment: number; current: boolean }>();
      const text = (one: { high: number; low: number; variant: number }) =>
        `${one.high} ${one.low} ${one.variant}`;
      for (let i = 0; i < filler; i++) {
        index.set({ high: 9, low: i * 7, variant: 0 }, { segment: 1, offset: i, bytes: 64 });
      }
      let segment = 1;
      let oldest = 1;
      for (const one of commands) {
        if (one.op === 'set') {
          index.set(one.name, { segment: ++segment, offset: segment * 64, bytes: 64 });
          model.set(text(one.name), { segment, current: true });
        } else if (one.op === 'delete') {
          index.deleteKey(one.name);
          for (const variant of [0, 1, 2]) model.delete(text({ ...one.name, variant }));
        } else if (one.op === 'supersede') {
          index.supersede(one.name);
          const known = model.get(text(one.name));
          if (known) known.current = false;
        } else {
          oldest = Math.max(oldest, segment - one.back);
          index.dropBefore(oldest);
          for (const [key, known] of model) if (known.segment < oldest) model.delete(key);
        }
      }
      for (const high of [0, 1]) {
        for (const low of [0, 1, 1022, 1023, 2047, -1]) {
          const of = [0, 1, 2].flatMap((variant) => model.get(text({ high, low, variant })) ?? []);
          const current = of.filter((known) => known.current).map((known) => known.segment);
          const found = index.variants({ high, low }).map(({ place }) => place.segment);
          expect(found).toEqual(current.sort((a, b) => b - a));
          expect(index.knows({ high, low })).toBe(of.length > 0);
          expect(index.has({ high, low })).toBe(current.length > 0);
        }
      }
    }),
    { numRuns: 60 },
  );
});
