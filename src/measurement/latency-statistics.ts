// Percentiles and distributions, plain and weighted by users: a location with a hundred million users counts for a
// hundred times one with a million, since the question is what users see, not what locations see.

export interface Weighted {
  value: number;
  weight: number;
}

/** Middle value, mean of the two middle ones for an even count; undefined for none. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Smallest value that at least `percent` of the weight does not exceed (inverse of the CDF); undefined for none. */
export function weightedPercentile(values: readonly Weighted[], percent: number): number | undefined {
  const sorted = ordered(values);
  const total = sorted.reduce((sum, each) => sum + each.weight, 0);
  const wanted = (percent / 100) * total;
  let sum = 0;
  for (const each of sorted) {
    sum += each.weight;
    if (sum >= wanted - 1e-9 * total) return each.value;
  }
  return sorted.at(-1)?.value;
}

/** Nearest-rank percentile of equally weighted values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  return weightedPercentile(
    values.map((value) => ({ value, weight: 1 })),
    percent,
  );
}

/** Steps of the cumulative distribution: at each distinct value, the share (0-1) of the weight at or below it. */
export function cumulativeDistribution(values: readonly Weighted[]): { value: number; share: number }[] {
  const sorted = ordered(values);
  const total = sorted.reduce((sum, each) => sum + each.weight, 0);
  const steps: { value: number; share: number }[] = [];
  let sum = 0;
  for (const each of sorted) {
    sum += each.weight;
    const last = steps.at(-1);
    if (last && last.value === each.value) last.share = sum / total;
    else steps.push({ value: each.value, share: sum / total });
  }
  return steps;
}

/** One decimal: a tenth of a millisecond is what a probe on a shared machine can tell. */
export function roundMs(value: number): number {
  return Math.round(value * 10) / 10;
}

function ordered(values: readonly Weighted[]): Weighted[] {
  return values.filter((each) => each.weight > 0).toSorted((a, b) => a.value - b.value);
}
