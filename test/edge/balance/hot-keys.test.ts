import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HotKeys } from '../../../src/edge/balance/hot-keys.ts';

describe('HotKeys', () => {
  it('measures the rate of a steady key', () => {
    const keys = new HotKeys(16, 1000);
    let rate = 0;
    for (let ms = 0; ms < 20_000; ms += 10) rate = keys.touch('steady', ms);
    expect(rate).toBeGreaterThan(90);
    expect(rate).toBeLessThan(115);
  });

  it('never says a key is hotter than it is, and stays within its memory', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 500 }), (touched) => {
        const keys = new HotKeys(8, 1000);
        const counts = new Map<number, number>();
        for (const key of touched) {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          const rate = keys.touch(String(key), 0);
          expect(rate).toBeLessThanOrEqual((counts.get(key) ?? 0) * Math.LN2 + 1e-9);
          expect(keys.size).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  it('finds a heavy key among many that come once', () => {
    const keys = new HotKeys(64, 5000);
    let rate = 0;
    for (let i = 0; i < 20_000; i++) {
      if (i % 10 === 0) rate = keys.touch('heavy', i);
      else keys.touch(`once-${i}`, i);
    }
    expect(rate).toBeGreaterThan(60);
  });
});
