// What is known of the RTT to each client prefix: the latest samples, of which the smallest counts, since whatever a
// busy host or a queue adds is never negative. Pure: samples and their times come in.

export interface RttTarget {
  prefix: string;
  address: string;
}

/** One line of GET /rtt. */
export interface RttEntry {
  prefix: string;
  rttMs: number;
  /** ISO 8601, of the newest sample. */
  measuredAt: string;
  samples: number;
}

interface Samples {
  rttsMs: number[];
  newestMs: number;
}

export class RttTable {
  readonly #bySamples = new Map<string, Samples>();
  readonly #kept: number;

  /** @param kept latest samples kept per prefix: more forget a changed path later */
  constructor(kept: number) {
    this.#kept = kept;
  }

  record(prefix: string, rttMs: number, epochMs: number): void {
    const known = this.#bySamples.get(prefix)?.rttsMs ?? [];
    this.#bySamples.set(prefix, { rttsMs: [...known, rttMs].slice(-this.#kept), newestMs: epochMs });
  }

  has(prefix: string): boolean {
    return this.#bySamples.has(prefix);
  }

  entries(): RttEntry[] {
    return [...this.#bySamples].map(([prefix, { rttsMs, newestMs }]) => ({
      prefix,
      rttMs: Math.round(Math.min(...rttsMs) * 1000) / 1000,
      measuredAt: new Date(newestMs).toISOString(),
      samples: rttsMs.length,
    }));
  }
}
