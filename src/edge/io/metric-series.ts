// Counters and gauges of prom-client whose values are read when somebody asks.

import type { Counter, Gauge, Registry } from 'prom-client';

export type Sample = readonly [labels: Record<string, string | number>, value: number];

export interface Series {
  /** What only grows. `read`: the values of the moment, one per set of labels; there may be none. */
  counter(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void;
  gauge(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Sample>): void;
}

/** prom-client is handed in, since it is loaded late. */
export function seriesOf(prom: { Counter: typeof Counter; Gauge: typeof Gauge }, registry: Registry): Series {
  const registers = [registry];
  return {
    counter(name, help, labelNames, read) {
      new prom.Counter({
        ...{ name, help, labelNames, registers },
        collect() {
          this.reset();
          if (labelNames.length === 0) this.remove(); // the 0 that it begins with
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
    },
    gauge(name, help, labelNames, read) {
      new prom.Gauge({
        ...{ name, help, labelNames, registers },
        collect() {
          this.reset();
          if (labelNames.length === 0) this.remove(); // the 0 that it begins with
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
    },
  };
}

/** The one sample of a series without labels. */
export function one(value: number): Sample[] {
  return [[{}, value]];
}
