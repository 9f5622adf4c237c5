// Counts of what a thread did: a query costs two increments of counters that are kept beside its answer. They take
// Prometheus' form only when /metrics is asked for (io/prometheus), so a server that nobody scrapes never loads that
// library. Threads hand over plain copies, which are added up.

import { rcodeName, TYPES, typeName } from './wire/constants.ts';

export interface Counter {
  count: number;
}

/** Counters by label values, which are joined with a tab. */
export class CounterFamily {
  readonly counters = new Map<string, Counter>();

  of(...labels: string[]): Counter {
    return this.ofKey(labels.join('\t'));
  }

  /** Of label values already joined. */
  ofKey(key: string): Counter {
    let counter = this.counters.get(key);
    if (!counter) {
      counter = { count: 0 };
      this.counters.set(key, counter);
    }
    return counter;
  }
}

export const FAMILIES = {
  queries: { help: 'Queries answered', labels: ['type', 'rcode', 'transport'] },
  steered_answers: { help: 'Answers that a policy chose', labels: ['policy', 'pop', 'reason'] },
  malformed: { help: 'Packets that were no proper query', labels: ['reason'] },
  truncated: { help: 'Replies with TC set', labels: ['transport'] },
  dropped: { help: 'Packets not answered', labels: ['transport'] },
  rate_limited: { help: 'Responses held back by rate limiting', labels: ['action'] },
  cookies: { help: 'Queries with a DNS cookie, by what it was', labels: ['verdict'] },
  signatures: { help: 'DNSSEC signatures of answers, made or found in the cache', labels: ['result'] },
  health_checks: { help: 'Checks of POPs', labels: ['pop', 'result'] },
  transfers: { help: 'Zone transfers asked for', labels: ['zone', 'result'] },
  internal_errors: { help: 'Queries that met a bug of ours', labels: [] },
} as const;

export type FamilyName = keyof typeof FAMILIES;

/** Upper bounds in seconds of the histogram of how long a query took from the packet's arrival to the reply. */
export const LATENCY_BUCKETS_SECONDS = [
  1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 1e-2,
] as const;
/** Reading the clock twice for every query would be a tenth of its cost. */
export const LATENCY_SAMPLE_EVERY = 64;

/** A thread's counts as plain data. */
export interface MetricsCopy {
  families: Record<FamilyName, [labels: string, count: number][]>;
  /** One more bucket than bounds. */
  latencyBuckets: number[];
  latencySumSeconds: number;
}

export class Metrics {
  readonly families = Object.fromEntries(
    Object.keys(FAMILIES).map((name) => [name, new CounterFamily()]),
  ) as Record<FamilyName, CounterFamily>;
  readonly latencyBuckets = new Float64Array(LATENCY_BUCKETS_SECONDS.length + 1);
  latencySumSeconds = 0;

  observeLatency(seconds: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_SECONDS.length && seconds > (LATENCY_BUCKETS_SECONDS[bucket] as number))
      bucket++;
    this.latencyBuckets[bucket] = (this.latencyBuckets[bucket] as number) + 1;
    this.latencySumSeconds += seconds;
  }

  copy(): MetricsCopy {
    const families = Object.fromEntries(
      Object.entries(this.families).map(([name, { counters }]) => [
        name,
        [...counters].map(([labels, { count }]) => [labels, count]),
      ]),
    ) as MetricsCopy['families'];
    return { families, latencyBuckets: [...this.latencyBuckets], latencySumSeconds: this.latencySumSeconds };
  }

  /** Adds what another thread counted. */
  add(other: MetricsCopy): void {
    for (const [name, counts] of Object.entries(other.families)) {
      for (const [labels, count] of counts) this.families[name as FamilyName].ofKey(labels).count += count;
    }
    for (const [i, count] of other.latencyBuckets.entries()) {
      this.latencyBuckets[i] = (this.latencyBuckets[i] as number) + count;
    }
    this.latencySumSeconds += other.latencySumSeconds;
  }
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(TYPES));

/** Types without a name here are one label: a hostile client must not choose how many time series there are. */
export function typeLabel(type: number): string {
  return KNOWN_TYPES.has(type) ? typeName(type) : 'other';
}

export function isKnownType(type: number): boolean {
  return KNOWN_TYPES.has(type);
}

export function rcodeLabel(rcode: number): string {
  return rcodeName(rcode);
}
