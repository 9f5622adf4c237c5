import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { sampleLatencyMs } from '../../src/origin/latency-profile.ts';

describe('latency profile', () => {
  it('cdn has its percentiles in the bands it is named by', () => {
    const random = seededRandom(7);
    const samples = Array.from({ length: 20_000 }, () => sampleLatencyMs('cdn', random)).sort(
      (a, b) => a - b,
    );
    const percentile = (p: number) => samples[Math.floor((samples.length * p) / 100)] ?? 0;
    const bands: [number, number, number][] = [
      [49, 1, 20],
      [89, 21, 50],
      [94, 51, 150],
      [99, 151, 500],
    ];
    for (const [p, from, to] of bands) {
      expect(percentile(p)).toBeGreaterThanOrEqual(from);
      expect(percentile(p)).toBeLessThanOrEqual(to);
    }
    expect(samples[0]).toBeGreaterThanOrEqual(1);
    expect(samples.at(-1)).toBeLessThanOrEqual(500);
  });

  it('is the same sequence for the same seed, and nothing for none', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => sampleLatencyMs('cdn', random));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(sampleLatencyMs('none', seededRandom(1))).toBe(0);
  });
});
