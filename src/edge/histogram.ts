// A histogram as plain numbers: observing is one comparison loop and one increment, no library. Counts are kept per
// bucket and summed up only when someone asks, since Prometheus' buckets are cumulative.

/** Seconds; from a LAN to a hung origin. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Histogram {
  /** Observations up to each bound and above the one before; the last is all above the highest bound. */
  counts: number[];
  sum: number;
}

export function createHistogram(): Histogram {
  return { counts: new Array<number>(LATENCY_BUCKETS.length + 1).fill(0), sum: 0 };
}

export function observe(histogram: Histogram, seconds: number): void {
  let bucket = 0;
  while (bucket < LATENCY_BUCKETS.length && seconds > (LATENCY_BUCKETS[bucket] ?? 0)) bucket++;
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  histogram.sum += seconds;
}

/**
 * In Prometheus' text form (version 0.0.4): prom-client's Histogram can only observe, and this one was counted
 * elsewhere. Label values are the edge's own words, which need no escaping.
 */
export function histogramText(
  name: string,
  help: string,
  series: readonly { labels: Record<string, string>; histogram: Histogram }[],
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const { labels, histogram } of series) {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    let count = 0;
    for (const [i, within] of histogram.counts.entries()) {
      count += within;
      const bound = LATENCY_BUCKETS[i] ?? '+Inf';
      lines.push(`${name}_bucket{${[`le="${bound}"`, ...pairs].join(',')}} ${count}`);
    }
    lines.push(`${name}_sum{${pairs.join(',')}} ${histogram.sum}`);
    lines.push(`${name}_count{${pairs.join(',')}} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}
