// What came back, added up while the load runs: latencies, statuses, what the caches said, and all that for each second.

import { CACHE_RESULTS, type CacheResult } from './cache-result.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadResult, SecondOfLoad } from './load-result.ts';

/** A request that is over, times in milliseconds from the start of the run. */
export interface Completion {
  intendedMs: number;
  /** When it went out. */
  sentMs: number;
  firstByteMs: number;
  endMs: number;
  /** Undefined: no response, see `error`. */
  status: number | undefined;
  error?: string;
  bytes: number;
  result: CacheResult;
  pop: string | undefined;
}

interface Second {
  started: number;
  completed: number;
  errors: number;
  hits: number;
  bytes: number;
  latencies: LatencyHistogram;
}

export class LoadTally {
  readonly #warmUpMs: number;
  readonly #latencies = new LatencyHistogram();
  readonly #firstBytes = new LatencyHistogram();
  readonly #service = new LatencyHistogram();
  readonly #lateness = new LatencyHistogram();
  readonly #statuses = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #pops = new Map<string, number>();
  readonly #results = new Map<CacheResult, number>();
  readonly #resultBytes = new Map<CacheResult, number>();
  readonly #byResult = new Map<CacheResult, LatencyHistogram>();
  readonly #seconds: Second[] = [];
  #requests = 0;
  #bytes = 0;
  /** Of the measured part, last end. */
  #lastEndMs = 0;

  constructor(warmUpMs: number) {
    this.#warmUpMs = warmUpMs;
  }

  add(each: Completion): void {
    if (each.intendedMs < this.#warmUpMs) return;
    this.#requests++;
    this.#lastEndMs = Math.max(this.#lastEndMs, each.endMs);
    this.#lateness.record((each.sentMs - each.intendedMs) * 1000);
    const second = this.#second(each.intendedMs);
    second.started++;
    if (each.status === undefined) {
      count(this.#errors, each.error ?? 'failed', 1);
      second.errors++;
      // It belongs into the picture: a server that answers nobody is not fast.
      this.#latencies.record((each.endMs - each.intendedMs) * 1000);
      return;
    }
    const micros = (each.endMs - each.intendedMs) * 1000;
    this.#latencies.record(micros);
    this.#firstBytes.record((each.firstByteMs - each.intendedMs) * 1000);
    this.#service.record((each.endMs - each.sentMs) * 1000);
    this.#bytes += each.bytes;
    count(this.#statuses, String(each.status), 1);
    count(this.#results, each.result, 1);
    count(this.#resultBytes, each.result, each.bytes);
    let latencies = this.#byResult.get(each.result);
    if (!latencies) {
      latencies = new LatencyHistogram();
      this.#byResult.set(each.result, latencies);
    }
    latencies.record(micros);
    if (each.pop !== undefined) count(this.#pops, each.pop, 1);
    second.completed++;
    second.bytes += each.bytes;
    if (each.result === 'hit' || each.result === 'stale') second.hits++;
    second.latencies.record(micros);
  }

  get requests(): number {
    return this.#requests;
  }

  result(durationMs: number, reconnects: number): LoadResult {
    const bytesOf = (name: CacheResult) => this.#resultBytes.get(name) ?? 0;
    const of = (name: CacheResult) => this.#results.get(name) ?? 0;
    const cacheable = sum(
      ['hit', 'stale', 'collapsed', 'revalidated', 'miss'].map((name) => of(name as CacheResult)),
    );
    const cacheableBytes = sum(
      ['hit', 'stale', 'collapsed', 'revalidated', 'miss'].map((name) => bytesOf(name as CacheResult)),
    );
    const seconds = Math.max(durationMs, this.#lastEndMs - this.#warmUpMs) / 1000;
    return {
      requests: this.#requests,
      errors: Object.fromEntries([...this.#errors].sort()),
      statuses: Object.fromEntries([...this.#statuses].sort()),
      seconds,
      requestsPerSecond: seconds === 0 ? 0 : this.#requests / seconds,
      bytes: this.#bytes,
      results: Object.fromEntries(
        CACHE_RESULTS.filter((name) => of(name) > 0).map((name) => [name, of(name)]),
      ),
      hitRatio: cacheable === 0 ? null : (of('hit') + of('stale')) / cacheable,
      byteHitRatio: cacheableBytes === 0 ? null : (bytesOf('hit') + bytesOf('stale')) / cacheableBytes,
      pops: Object.fromEntries([...this.#pops].sort()),
      reconnects,
      latency: this.#latencies.data(),
      firstByte: this.#firstBytes.data(),
      service: this.#service.data(),
      lateness: this.#lateness.data(),
      latencyByResult: Object.fromEntries([...this.#byResult].map(([name, each]) => [name, each.data()])),
      series: this.#seconds.map(
        ({ latencies, ...second }, i): SecondOfLoad => ({
          second: i,
          ...second,
          p50Ms: latencies.quantileMicros(0.5) / 1000,
          p99Ms: latencies.quantileMicros(0.99) / 1000,
          maxMs: latencies.maxMicros / 1000,
        }),
      ),
    };
  }

  #second(intendedMs: number): Second {
    const index = Math.floor((intendedMs - this.#warmUpMs) / 1000);
    while (this.#seconds.length <= index) {
      const latencies = new LatencyHistogram();
      this.#seconds.push({ started: 0, completed: 0, errors: 0, hits: 0, bytes: 0, latencies });
    }
    return this.#seconds[index] as Second;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
