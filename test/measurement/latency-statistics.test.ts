import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cumulativeDistribution,
  median,
  percentile,
  weightedPercentile,
} from '../../src/measurement/latency-statistics.ts';

test('the median of an even count is the mean of the two middle values', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBeUndefined();
});

test('a location with most of the users decides the weighted percentile', () => {
  const values = [
    { value: 10, weight: 1 },
    { value: 20, weight: 97 },
    { value: 300, weight: 2 },
  ];
  expect(weightedPercentile(values, 50)).toBe(20);
  expect(weightedPercentile(values, 98)).toBe(20);
  expect(weightedPercentile(values, 99)).toBe(300);
});

test('values without weight do not count', () => {
  expect(weightedPercentile([{ value: 7, weight: 0 }], 50)).toBeUndefined();
});

test('a cumulative distribution has one step per distinct value and ends at 1', () => {
  const steps = cumulativeDistribution([
    { value: 5, weight: 1 },
    { value: 1, weight: 1 },
    { value: 5, weight: 2 },
  ]);
  expect(steps).toEqual([
    { value: 1, share: 0.25 },
    { value: 5, share: 1 },
  ]);
});

test('percentiles are values of the input and never fall as the percentage grows', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const found = [0, 25, 50, 75, 90, 100].map((percent) => percentile(values, percent) ?? Number.NaN);
      for (const value of found) expect(values).toContain(value);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
    }),
  );
});
