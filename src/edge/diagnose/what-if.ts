// "What would the hit ratio be": the log replayed into caches that differ in one thing each, a parameter that is not part
// of the key, or a longer lifetime. Estimates, since they know no purges, no evictions and no Vary: what counts is the
// difference to the same cache without the change.

import type { LogRecord } from './log-record.ts';
import { isTracking, parameterNames, sortedQuery, withoutParameters } from './query-parameters.ts';
import { TtlCacheModel } from './ttl-cache-model.ts';

export interface WhatIf {
  change: string;
  /** Percentage points more than without the change; below 0 for fewer. */
  gainPoints: number;
}

/** Parameters that get a cache of their own: the first that appear. */
const MOST_PARAMETERS = 16;
/** Keys of all caches together; then they stop, and what follows of the log is not replayed. */
const MOST_KEYS = 4_000_000;

const LIFETIMES: { name: string; lifetimeMs: (ms: number) => number }[] = [
  { name: 'lifetimes twice as long', lifetimeMs: (ms) => ms * 2 },
  { name: 'lifetimes ten times as long', lifetimeMs: (ms) => ms * 10 },
  { name: 'lifetimes of at least an hour', lifetimeMs: (ms) => Math.max(ms, 3_600_000) },
  { name: 'lifetimes of at least a day', lifetimeMs: (ms) => Math.max(ms, 86_400_000) },
];

export class WhatIfs {
  readonly #base = new TtlCacheModel();
  readonly #lifetimes = LIFETIMES.map((each) => ({ ...each, model: new TtlCacheModel() }));
  /** With the hits of the unchanged cache before the parameter appeared: until then the two are the same. */
  readonly #parameters = new Map<string, { model: TtlCacheModel; hitsBefore: number }>();
  readonly #noTracking = new TtlCacheModel();
  readonly #noQuery = new TtlCacheModel();
  readonly #sorted = new TtlCacheModel();
  #stoppedAt = 0;
  #records = 0;
  #withQuery = 0;

  /** `lifetimeMs` as the log says or suggests. Only requests that a cache could answer. */
  add(record: LogRecord, lifetimeMs: number): void {
    if (this.#stoppedAt > 0) return;
    this.#records++;
    const { atMs, host, path } = record;
    const of = (variant: string) => `${host}${variant}`;
    const names = parameterNames(path);
    for (const name of names) this.#begin(name);
    this.#base.request(of(path), atMs, lifetimeMs);
    for (const { model, lifetimeMs: changed } of this.#lifetimes)
      model.request(of(path), atMs, changed(lifetimeMs));
    if (names.length > 0) this.#withQuery++;
    for (const [name, { model }] of this.#parameters)
      model.request(
        of(names.includes(name) ? withoutParameters(path, (each) => each === name) : path),
        atMs,
        lifetimeMs,
      );
    this.#noTracking.request(of(withoutParameters(path, isTracking)), atMs, lifetimeMs);
    this.#noQuery.request(of(withoutParameters(path, () => true)), atMs, lifetimeMs);
    this.#sorted.request(of(sortedQuery(path)), atMs, lifetimeMs);
    if (this.#keys() > MOST_KEYS) this.#stoppedAt = this.#records;
  }

  /** Changes that would make a difference, the best first. */
  results(): { baseRatio: number; changes: WhatIf[]; replayed: number } {
    const { requests, hits } = this.#base;
    const gain = (model: TtlCacheModel, hitsBefore = 0) =>
      requests === 0 ? 0 : ((model.hits + hitsBefore - hits) * 100) / requests;
    const query = [...this.#parameters].map(([name, { model, hitsBefore }]) => ({
      change: `query parameter ${name} not in the key`,
      gainPoints: gain(model, hitsBefore),
    }));
    const changes = [
      ...this.#lifetimes.map(({ name, model }) => ({ change: name, gainPoints: gain(model) })),
      ...query,
      ...(this.#withQuery > 0
        ? [
            { change: 'no tracking parameter in the key', gainPoints: gain(this.#noTracking) },
            { change: 'no query in the key at all', gainPoints: gain(this.#noQuery) },
            { change: 'query parameters sorted', gainPoints: gain(this.#sorted) },
          ]
        : []),
    ];
    return {
      baseRatio: requests === 0 ? 0 : hits / requests,
      changes: changes
        .filter(({ gainPoints }) => gainPoints >= 0.05)
        .sort((a, b) => b.gainPoints - a.gainPoints),
      replayed: this.#records,
    };
  }

  #begin(name: string): void {
    if (this.#parameters.has(name) || this.#parameters.size >= MOST_PARAMETERS) return;
    this.#parameters.set(name, { model: new TtlCacheModel(), hitsBefore: this.#base.hits });
  }

  #keys(): number {
    let keys = 0;
    for (const { model } of this.#lifetimes) keys += model.keys;
    for (const { model } of this.#parameters.values()) keys += model.keys;
    return keys + this.#base.keys + this.#noTracking.keys + this.#noQuery.keys + this.#sorted.keys;
  }
}
