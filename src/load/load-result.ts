// What a load run found, as plain data: written as JSON by --json, and by the program in a client node to the one that
// started it.

import { type HistogramData, LatencyHistogram } from './latency-histogram.ts';

export interface SecondOfLoad {
  /** From the end of the warm-up; a request belongs to the second in which it was to start. */
  second: number;
  started: number;
  completed: number;
  errors: number;
  hits: number;
  bytes: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface LoadResult {
  requests: number;
  /** Requests without a response, by what went wrong. */
  errors: Record<string, number>;
  statuses: Record<string, number>;
  /** Of the measured part, until the last answer was there. */
  seconds: number;
  requestsPerSecond: number;
  /** Of bodies. */
  bytes: number;
  /** By what Cache-Status said. */
  results: Record<string, number>;
  /** Hits, stale ones included, of all that a cache could have had; null where nobody sent Cache-Status. */
  hitRatio: number | null;
  byteHitRatio: number | null;
  /** By X-POP. */
  pops: Record<string, number>;
  /** Connections that were opened anew because the server had closed them. */
  reconnects: number;
  /** From the intended start to the last byte; requests without a response count with the time until that was known. */
  latency: HistogramData;
  /** From the intended start to the first byte. */
  firstByte: HistogramData;
  /** From the sending to the last byte: what a closed loop would have seen. */
  service: HistogramData;
  /** From the intended start to the sending: waiting for a connection, and this program's own delay. */
  lateness: HistogramData;
  latencyByResult: Record<string, HistogramData>;
  series: SecondOfLoad[];
}

export const PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const;

/** `{p50: 1.2, …, max: 40.1, mean: 2.0}` in milliseconds. */
export function percentilesMs(data: HistogramData): Record<string, number> {
  const histogram = LatencyHistogram.from(data);
  const ms = (micros: number) => Math.round(micros) / 1000;
  return {
    mean: ms(histogram.meanMicros),
    ...Object.fromEntries(PERCENTILES.map((p) => [`p${p}`, ms(histogram.quantileMicros(p / 100))])),
    max: ms(histogram.maxMicros),
  };
}

/** Several runs as one, such as those of several client nodes at once. */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const [first] = results;
  if (results.length === 1 && first) return first;
  const merged = (pick: (result: LoadResult) => HistogramData) => {
    const histogram = new LatencyHistogram();
    for (const result of results) histogram.add(LatencyHistogram.from(pick(result)));
    return histogram.data();
  };
  const sumOf = (pick: (result: LoadResult) => number) => results.reduce((sum, each) => sum + pick(each), 0);
  const counts = (pick: (result: LoadResult) => Record<string, number>) => {
    const all: Record<string, number> = {};
    for (const result of results)
      for (const [key, count] of Object.entries(pick(result))) all[key] = (all[key] ?? 0) + count;
    return all;
  };
  const weighted = (pick: (result: LoadResult) => number | null) => {
    const known = results.filter((result) => pick(result) !== null);
    const requests = known.reduce((sum, { requests }) => sum + requests, 0);
    if (requests === 0) return null;
    return known.reduce((sum, each) => sum + (pick(each) ?? 0) * each.requests, 0) / requests;
  };
  const names = [...new Set(results.flatMap((each) => Object.keys(each.latencyByResult)))];
  const none: HistogramData = { counts: [], minMicros: 0, maxMicros: 0, sumMicros: 0 };
  return {
    requests: sumOf(({ requests }) => requests),
    errors: counts(({ errors }) => errors),
    statuses: counts(({ statuses }) => statuses),
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    requestsPerSecond: sumOf(({ requestsPerSecond }) => requestsPerSecond),
    bytes: sumOf(({ bytes }) => bytes),
    results: counts((each) => each.results),
    hitRatio: weighted(({ hitRatio }) => hitRatio),
    byteHitRatio: weighted(({ byteHitRatio }) => byteHitRatio),
    pops: counts(({ pops }) => pops),
    reconnects: sumOf(({ reconnects }) => reconnects),
    latency: merged(({ latency }) => latency),
    firstByte: merged(({ firstByte }) => firstByte),
    service: merged(({ service }) => service),
    lateness: merged(({ lateness }) => lateness),
    latencyByResult: Object.fromEntries(
      names.map((name) => [name, merged((each) => each.latencyByResult[name] ?? none)]),
    ),
    series: [],
  };
}
