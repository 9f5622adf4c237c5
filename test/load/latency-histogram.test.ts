import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/load/latency-histogram.ts';

const latencies = fc.array(fc.integer({ min: 0, max: 4_294_967_295 }), { minLength: 1, maxLength: 300 });

describe('a latency histogram', () => {
  it('tells every quantile at most 0.8 % too high and never too low', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length - 1e-9)) - 1] ?? 0;
        const told = histogram.quantileMicros(share);
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 128));
        expect([histogram.minMicros, histogram.maxMicros]).toEqual([sorted[0], sorted.at(-1)]);
      }),
    );
  });

  it('adds up, and survives JSON', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const of = (values: number[]) => {
          const histogram = new LatencyHistogram();
          for (const value of values) histogram.record(value);
          return histogram;
        };
        const sum = of(a);
        sum.add(of(b));
        expect(sum.data()).toEqual(of([...a, ...b]).data());
        const data = sum.data();
        expect(LatencyHistogram.from(JSON.parse(JSON.stringify(data))).data()).toEqual(data);
      }),
    );
  });

  it('counts what is at a value or above', () => {
    const histogram = new LatencyHistogram();
    for (let value = 1; value <= 100; value++) histogram.record(value * 1000);
    expect(histogram.countFrom(50_000)).toBe(51);
    expect(histogram.countFrom(0)).toBe(100);
  });

  it('of nothing says 0', () => {
    const histogram = new LatencyHistogram();
    expect([histogram.quantileMicros(0.99), histogram.meanMicros, histogram.count]).toEqual([0, 0, 0]);
  });
});
