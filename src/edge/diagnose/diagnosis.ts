// The hit-ratio ladder over a log: from "every request could be a hit" down to what it was, a step for each cause, with
// what each step costs and what to change; and what the ratio would be with other keys and lifetimes.

import { adviceFor, STEP_TITLES } from './advice.ts';
import { CAUSES, type Cause, causeOf, type ObjectHistory } from './cause.ts';
import type { LogRecord } from './log-record.ts';
import { isTracking, parameterNames, withoutParameters } from './query-parameters.ts';
import { type WhatIf, WhatIfs } from './what-if.ts';

export interface LadderStep {
  cause: Cause;
  title: string;
  requests: number;
  bytes: number;
  /** Percentage points of the hit ratio that it costs. */
  points: number;
  bytePoints: number;
  /** The most frequent reasons, names or parameters behind it, with how often. */
  top: { name: string; requests: number }[];
  advice: string;
}

export interface DiagnosisReport {
  /** Of the log. */
  requests: number;
  /** Those that a cache could have a part in: all but the server's own answers. */
  considered: number;
  fromMs: number;
  toMs: number;
  hitRatio: number;
  byteHitRatio: number;
  /** Stale ones among the hits. */
  staleRatio: number;
  /** Of what was sent to the origin, answered by 304: no body. */
  revalidated: number;
  /** All steps that cost anything, the dearest first. */
  ladder: LadderStep[];
  /** What to change first; the cold requests, which no setting avoids, come only if there is nothing else. */
  worst: LadderStep | undefined;
  objects: { seen: number; askedOnce: number; askedOnceRequestsShare: number };
  lifetimes: {
    medianSeconds: number | null;
    medianGapSeconds: number | null;
    gapsBeyondLifetimeShare: number | null;
  };
  whatIf: { baseRatio: number; changes: WhatIf[]; replayed: number };
  notes: string[];
}

interface KnownObject extends ObjectHistory {
  requests: number;
  lastAtMs: number;
  /** Bytes that had come from the origin, of all objects, when it was last used. */
  fillBytesAtUse: number;
}

/** Objects that are followed; what comes after counts, but nothing is known of its past. */
const MOST_OBJECTS = 2_000_000;
const MOST_NAMES = 1000;
/** Lifetime that the replay takes where a log tells none. */
const ASSUMED_LIFETIME_MS = 3_600_000;

export class Diagnosis {
  readonly #whatIfs = new WhatIfs();
  readonly #objects = new Map<string, KnownObject>();
  readonly #canonical = new Set<string>();
  readonly #steps = new Map<Cause, { requests: number; bytes: number; top: Map<string, number> }>();
  /** Bytes filled since the last use, of hits and of objects that were gone, by powers of two. */
  readonly #hitDistances = new Distances();
  readonly #goneDistances: { log2: number; requests: number; bytes: number }[] = [];
  readonly #lifetimes = new Distances();
  readonly #gaps = new Distances();
  #gapsBeyond = 0;
  #gapsKnown = 0;
  #requests = 0;
  #considered = 0;
  #hits = 0;
  #stale = 0;
  #revalidated = 0;
  #bytes = 0;
  #hitBytes = 0;
  #fillBytes = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  add(record: LogRecord): void {
    this.#requests++;
    if (record.result === 'local') return;
    const { atMs, bytes, result } = record;
    this.#considered++;
    this.#bytes += bytes;
    this.#fromMs = Math.min(this.#fromMs, atMs);
    this.#toMs = Math.max(this.#toMs, atMs);
    const url = `${record.host}${record.path}`;
    const known = this.#objects.get(url);
    if (known) this.#gap(record, known);
    const lifetimeMs =
      record.lifetimeSeconds === undefined ? known?.lifetimeMs : record.lifetimeSeconds * 1000;
    if (record.lifetimeSeconds !== undefined) this.#lifetimes.add(record.lifetimeSeconds * 1000);
    if (result !== 'pass' && (record.method === 'GET' || record.method === 'HEAD'))
      this.#whatIfs.add(record, lifetimeMs ?? ASSUMED_LIFETIME_MS);

    if (result === 'hit' || result === 'stale') {
      this.#hits++;
      this.#hitBytes += bytes;
      if (result === 'stale') this.#stale++;
      if (known) this.#hitDistances.add(this.#fillBytes - known.fillBytesAtUse);
    } else this.#missed(record, known, url);

    const cameFromOrigin = result === 'miss' || result === 'revalidated';
    if (result === 'miss' || result === 'pass') this.#fillBytes += bytes;
    const filledAtMs = cameFromOrigin ? atMs : agedFrom(record, known);
    this.#remember(url, { atMs, filledAtMs, lifetimeMs, known });
    if (record.path.includes('?') && this.#canonical.size < MOST_OBJECTS)
      this.#canonical.add(`${record.host}${withoutParameters(record.path, isTracking)}`);
  }

  report(): DiagnosisReport {
    const considered = Math.max(1, this.#considered);
    const totalBytes = Math.max(1, this.#bytes);
    this.#settleGone();
    const ladder = CAUSES.flatMap((cause): LadderStep[] => {
      const step = this.#steps.get(cause);
      if (!step) return [];
      const top = [...step.top]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 5)
        .map(([name, requests]) => ({ name, requests }));
      return [
        {
          cause,
          title: STEP_TITLES[cause],
          requests: step.requests,
          bytes: step.bytes,
          points: (100 * step.requests) / considered,
          bytePoints: (100 * step.bytes) / totalBytes,
          top,
          advice: adviceFor(
            cause,
            top.map(({ name }) => name),
          ),
        },
      ];
    }).sort((a, b) => b.requests - a.requests);
    const once = [...this.#objects.values()].filter(({ requests }) => requests === 1).length;
    return {
      requests: this.#requests,
      considered: this.#considered,
      fromMs: this.#fromMs,
      toMs: this.#toMs,
      hitRatio: this.#hits / considered,
      byteHitRatio: this.#hitBytes / totalBytes,
      staleRatio: this.#stale / considered,
      revalidated: this.#revalidated,
      ladder,
      worst: ladder.find(({ cause }) => cause !== 'cold' && cause !== 'collapsed') ?? ladder[0],
      objects: { seen: this.#objects.size, askedOnce: once, askedOnceRequestsShare: once / considered },
      lifetimes: {
        medianSeconds: inSeconds(this.#lifetimes.median()),
        medianGapSeconds: inSeconds(this.#gaps.median()),
        gapsBeyondLifetimeShare: this.#gapsKnown === 0 ? null : this.#gapsBeyond / this.#gapsKnown,
      },
      whatIf: this.#whatIfs.results(),
      notes: this.#notes(),
    };
  }

  #missed(record: LogRecord, known: KnownObject | undefined, url: string): void {
    if (record.result === 'revalidated') this.#revalidated++;
    const canonical = `${record.host}${withoutParameters(record.path, isTracking)}`;
    const knownUnderOtherQuery =
      canonical !== url && (this.#canonical.has(canonical) || this.#objects.has(canonical));
    const cause = causeOf(record, { history: known, knownUnderOtherQuery });
    if (cause === 'gone') {
      const log2 = Math.log2(1 + this.#fillBytes - (known?.fillBytesAtUse ?? 0));
      this.#goneDistances.push({ log2, requests: 1, bytes: record.bytes });
      return;
    }
    this.#count(cause, 1, record.bytes, behind(cause, record));
  }

  /**
   * What disappeared before its time after fewer bytes had come in than hits regularly outlive was not evicted for want of
   * room: somebody purged it. (A process that was restarted looks the same.)
   */
  #settleGone(): void {
    const outlived = this.#hitDistances.quantileLog2(0.9);
    for (const { log2, requests, bytes } of this.#goneDistances.splice(0))
      this.#count(log2 > outlived ? 'gone-evicted' : 'gone-purged', requests, bytes, []);
  }

  #count(cause: Cause, requests: number, bytes: number, names: readonly string[]): void {
    let step = this.#steps.get(cause);
    if (!step) {
      step = { requests: 0, bytes: 0, top: new Map() };
      this.#steps.set(cause, step);
    }
    step.requests += requests;
    step.bytes += bytes;
    for (const name of names)
      if (step.top.has(name) || step.top.size < MOST_NAMES)
        step.top.set(name, (step.top.get(name) ?? 0) + requests);
  }

  #gap(record: LogRecord, known: KnownObject): void {
    const gapMs = record.atMs - known.lastAtMs;
    this.#gaps.add(gapMs);
    if (known.lifetimeMs === undefined) return;
    this.#gapsKnown++;
    if (gapMs > known.lifetimeMs) this.#gapsBeyond++;
  }

  #remember(
    url: string,
    {
      atMs,
      filledAtMs,
      lifetimeMs,
      known,
    }: { atMs: number; filledAtMs: number; lifetimeMs: number | undefined; known: KnownObject | undefined },
  ): void {
    if (known) {
      known.requests++;
      known.lastAtMs = atMs;
      known.filledAtMs = filledAtMs;
      known.lifetimeMs = lifetimeMs;
      known.fillBytesAtUse = this.#fillBytes;
    } else if (this.#objects.size < MOST_OBJECTS)
      this.#objects.set(url, {
        requests: 1,
        lastAtMs: atMs,
        filledAtMs,
        lifetimeMs,
        fillBytesAtUse: this.#fillBytes,
      });
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#lifetimes.count === 0)
      notes.push(
        'The log tells no lifetimes: what was "gone" may have expired, and the estimates take an hour. Log them (ttl and age).',
      );
    if (this.#objects.size >= MOST_OBJECTS) notes.push(`Only the first ${MOST_OBJECTS} URLs are followed.`);
    return notes;
  }
}

/** When what was served had come from the origin, as far as Age tells. */
function agedFrom({ atMs, ageSeconds }: LogRecord, known: KnownObject | undefined): number {
  return ageSeconds === undefined ? (known?.filledAtMs ?? atMs) : atMs - ageSeconds * 1000;
}

/** What to name behind a step. */
function behind(cause: Cause, { detail, method, vary, cookies, path, status }: LogRecord): readonly string[] {
  switch (cause) {
    case 'bypass':
      if (detail !== undefined && detail !== '') return [detail];
      if (method !== 'GET' && method !== 'HEAD') return [`method:${method}`];
      return cookies ? cookies.map((name) => `cookie:${name}`) : [];
    case 'vary':
      return vary ?? (detail?.startsWith('no variant for this ') ? detail.slice(20).split(' ') : []);
    case 'query':
      return parameterNames(path).filter(isTracking);
    case 'error':
      return [String(status)];
    default:
      return detail === undefined ? [] : [detail];
  }
}

function inSeconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.round(milliseconds / 10) / 100;
}

/** Counts by powers of two, in steps of an eighth: median and quantiles within 9 %. */
class Distances {
  readonly #counts: number[] = [];
  count = 0;

  add(value: number): void {
    const bucket = Math.round(8 * Math.log2(1 + Math.max(0, value)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.count++;
  }

  /** Infinite for nothing. */
  quantileLog2(share: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen > 0 && seen >= share * this.count) return bucket / 8;
    }
    return Number.POSITIVE_INFINITY;
  }

  median(): number | undefined {
    return this.count === 0 ? undefined : 2 ** this.quantileLog2(0.5) - 1;
  }
}
