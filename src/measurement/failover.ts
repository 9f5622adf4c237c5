// What a failure cost (pure): requests lost, time to recover and TCP connections broken, per strategy, out of the
// samples of a paced probe and the times of the failure. The words: lost = no full answer in time (2 s); recovered = the
// first of 10 successes in a row; broken = a reset, an early end or 3 s without a byte in a long download.

import { majorityPop } from './catchment.ts';
import { median, roundMs, weightedPercentile } from './latency-statistics.ts';
import type { Download } from './probe-job.ts';
import { type Sample, type Strategy, succeeded } from './sample.ts';

export const LOST_AFTER_MS = 2000;
export const RECOVERED_AFTER_SUCCESSES = 10;
export const STALLED_AFTER_MS = 3000;

/** An answer in time, but this much later than the client's median before the failure, is slow: a SYN was sent again. */
export const SLOW_BY_MS = 500;

/** Width of a step of the timeline. */
export const BIN_MS = 500;

export interface FailoverEvents {
  /** Milliseconds since the epoch. */
  startedAt: number;
  failedAt: number;
  restoredAt: number;
  endedAt: number;
}

export interface FailoverInput {
  /** POP code that failed, as in X-POP. */
  pop: string;
  events: FailoverEvents;
  clients: readonly { name: string; city: string; users: number }[];
  strategies: readonly Strategy[];
  samples: readonly Sample[];
  downloads: readonly Download[];
}

/** One phase (the failure, or the restoration) for one client and strategy. */
export interface PhaseResult {
  requests: number;
  lost: number;
  /** Answered in time, but noticeably late: an outage shorter than the client's patience. */
  slow: number;
  /** From the event to the first of 10 successes in a row; 0 when nothing was lost, null when it did not recover. */
  recoveryMs: number | null;
  /** Lost after that: a relapse, when routes or load change again. */
  lostAfterRecovery: number;
}

export interface ClientFailover {
  client: string;
  city: string;
  users: number;
  /** POP before the failure, while it lasted (last answer), and at the end; codes. */
  popBefore: string | null;
  popDuring: string | null;
  popAfter: string | null;
  /** It was served by the POP that failed. */
  affected: boolean;
  /** Lost before anything failed: noise, of an overloaded machine most likely. */
  lostBefore: number;
  failure: PhaseResult;
  restoration: PhaseResult;
  /** Long downloads open when the event came, and those of them that broke. */
  downloads: {
    openAtFailure: number;
    brokenByFailure: number;
    openAtRestoration: number;
    brokenByRestoration: number;
  };
  /** Share (0-1) of requests lost in each step of the strategy's timeline; null for none started. */
  lostShares: (number | null)[];
  /** Until a new download, begun after a broken one, had its first byte; milliseconds after the failure. */
  resumedAfterMs: number | null;
}

export interface StrategyFailover {
  strategy: Strategy;
  all: FailoverTotals;
  affected: FailoverTotals;
  perClient: ClientFailover[];
  /** Over affected clients: share (0-1) of requests started in each step that were lost; null for none started. */
  timeline: { atMs: number; lostShare: number | null; requests: number }[];
}

export interface FailoverTotals {
  clients: number;
  users: number;
  requests: number;
  lostBefore: number;
  lost: number;
  slow: number;
  lostAfterRecovery: number;
  lostOnRestoration: number;
  /** Over clients that lost something; by plain median and worst, and the user-weighted 90th percentile. */
  recoveryMs: { median: number | null; p90: number | null; worst: number | null };
  /** Clients that had not recovered when the POP came back. */
  notRecovered: number;
  downloadsOpen: number;
  downloadsBroken: number;
  downloadsBrokenOnRestoration: number;
}

export interface Failover {
  pop: string;
  events: FailoverEvents;
  strategies: StrategyFailover[];
}

export function analyseFailover(input: FailoverInput): Failover {
  return {
    pop: input.pop,
    events: input.events,
    strategies: input.strategies.map((strategy) => analyseStrategy(strategy, input)),
  };
}

function analyseStrategy(strategy: Strategy, input: FailoverInput): StrategyFailover {
  const perClient = input.clients.map((client) => {
    const own = <T extends { client: string; strategy: Strategy }>(list: readonly T[]) =>
      list.filter((each) => each.client === client.name && each.strategy === strategy);
    return analyseClient(client, own(input.samples), own(input.downloads), input);
  });
  const affected = perClient.filter((client) => client.affected);
  const names = new Set(affected.map((client) => client.client));
  const timelineSamples = input.samples.filter(
    (each) => each.strategy === strategy && names.has(each.client),
  );
  return {
    strategy,
    all: totals(perClient),
    affected: totals(affected),
    perClient,
    timeline: timeline(timelineSamples, input.events),
  };
}

function analyseClient(
  client: { name: string; city: string; users: number },
  samples: readonly Sample[],
  downloads: readonly Download[],
  { events, pop }: FailoverInput,
): ClientFailover {
  const ordered = samples.toSorted((a, b) => a.at - b.at);
  const { failedAt, restoredAt, endedAt } = events;
  // A request in flight when the event comes is its victim too, so it is judged by when it would have been answered.
  const before = ordered.filter(
    (each) => each.at < failedAt && !(isLost(each) && each.at >= failedAt - LOST_AFTER_MS),
  );
  const failurePhase = ordered.filter((each) => !before.includes(each) && each.at < restoredAt);
  const restorationPhase = ordered.filter((each) => each.at >= restoredAt);
  const usualMs = median(before.flatMap((each) => each.totalMs ?? [])) ?? 0;
  const failure = phase(failurePhase, failedAt, usualMs);
  const restoration = phase(restorationPhase, restoredAt, usualMs);
  const broken = (each: Download) => ['reset', 'stalled', 'closed'].includes(each.outcome);
  const openAt = (at: number) =>
    downloads.filter((each) => (each.firstByteAt ?? Number.POSITIVE_INFINITY) <= at && each.endedAt > at);
  const openAtFailure = openAt(failedAt);
  const openAtRestoration = openAt(restoredAt);
  const brokenByFailure = openAtFailure.filter(
    (each) => broken(each) && each.endedAt < restoredAt + STALLED_AFTER_MS,
  );
  const brokenByRestoration = openAtRestoration.filter(
    (each) => broken(each) && each.endedAt <= endedAt && !brokenByFailure.includes(each),
  );
  const popBefore = majorityPop(before)?.code ?? null;
  return {
    client: client.name,
    city: client.city,
    users: client.users,
    popBefore,
    popDuring: failurePhase.findLast(succeeded)?.pop ?? null,
    popAfter: restorationPhase.findLast(succeeded)?.pop ?? null,
    affected: popBefore === pop,
    lostBefore: before.filter(isLost).length,
    failure,
    restoration,
    downloads: {
      openAtFailure: openAtFailure.length,
      brokenByFailure: brokenByFailure.length,
      openAtRestoration: openAtRestoration.length,
      brokenByRestoration: brokenByRestoration.length,
    },
    lostShares: timeline(ordered, events).map((bin) => bin.lostShare),
    resumedAfterMs: resumedAfter(brokenByFailure, downloads, failedAt),
  };
}

function phase(samples: readonly Sample[], eventAt: number, usualMs: number): PhaseResult {
  const recovered = recoveryMs(samples, eventAt);
  return {
    requests: samples.length,
    lost: samples.filter(isLost).length,
    slow: samples.filter((each) => !isLost(each) && (each.totalMs ?? 0) > usualMs + SLOW_BY_MS).length,
    recoveryMs: recovered,
    lostAfterRecovery:
      recovered === null ? 0 : samples.filter((each) => isLost(each) && each.at > eventAt + recovered).length,
  };
}

/** Samples in order of their start. */
export function recoveryMs(samples: readonly Sample[], eventAt: number): number | null {
  const firstLost = samples.findIndex(isLost);
  if (firstLost < 0) return 0;
  let run = 0;
  for (let i = firstLost + 1; i < samples.length; i++) {
    const sample = samples[i];
    run = sample && !isLost(sample) ? run + 1 : 0;
    if (run === RECOVERED_AFTER_SUCCESSES) {
      return Math.max(0, (samples[i - RECOVERED_AFTER_SUCCESSES + 1]?.at ?? eventAt) - eventAt);
    }
  }
  return null;
}

/** No full answer in time, for whatever reason. */
export function isLost(sample: Sample): boolean {
  return !succeeded(sample) || (sample.totalMs ?? 0) > LOST_AFTER_MS;
}

/** When the user had bytes again: the first byte of the first download begun after a broken one ended. */
function resumedAfter(
  brokenOnes: readonly Download[],
  downloads: readonly Download[],
  failedAt: number,
): number | null {
  const resumed = brokenOnes.flatMap((broken) => {
    const next = downloads
      .filter((each) => each.startedAt >= broken.endedAt && each.firstByteAt !== undefined)
      .map((each) => each.firstByteAt ?? 0);
    return next.length === 0 ? [] : [Math.min(...next) - failedAt];
  });
  return median(resumed) ?? null;
}

function totals(clients: readonly ClientFailover[]): FailoverTotals {
  const sum = (value: (client: ClientFailover) => number) =>
    clients.reduce((total, each) => total + value(each), 0);
  const losers = clients.filter((client) => client.failure.lost > 0);
  const recovered = losers.flatMap((client) =>
    client.failure.recoveryMs === null ? [] : [{ value: client.failure.recoveryMs, weight: client.users }],
  );
  const times = recovered.map((each) => each.value);
  const p90 = weightedPercentile(recovered, 90);
  return {
    clients: clients.length,
    users: roundMs(sum((client) => client.users)),
    requests: sum((client) => client.failure.requests),
    lostBefore: sum((client) => client.lostBefore),
    lost: sum((client) => client.failure.lost),
    slow: sum((client) => client.failure.slow),
    lostAfterRecovery: sum((client) => client.failure.lostAfterRecovery),
    lostOnRestoration: sum((client) => client.restoration.lost),
    recoveryMs: {
      median: median(times) ?? null,
      p90: p90 ?? null,
      worst: times.length === 0 ? null : Math.max(...times),
    },
    notRecovered: losers.length - recovered.length,
    downloadsOpen: sum((client) => client.downloads.openAtFailure),
    downloadsBroken: sum((client) => client.downloads.brokenByFailure),
    downloadsBrokenOnRestoration: sum((client) => client.downloads.brokenByRestoration),
  };
}

function timeline(samples: readonly Sample[], { startedAt, failedAt, endedAt }: FailoverEvents) {
  // Steps are laid from the failure both ways, so that it falls between two of them.
  const first = Math.ceil((failedAt - startedAt) / BIN_MS);
  const last = Math.ceil((endedAt - failedAt) / BIN_MS);
  const bins = Array.from({ length: first + last }, (_, i) => ({
    atMs: (i - first) * BIN_MS,
    requests: 0,
    lost: 0,
  }));
  for (const sample of samples) {
    const bin = bins[Math.floor((sample.at - failedAt) / BIN_MS) + first];
    if (!bin) continue;
    bin.requests += 1;
    if (isLost(sample)) bin.lost += 1;
  }
  return bins.map(({ atMs, requests, lost }) => ({
    atMs,
    requests,
    lostShare: requests === 0 ? null : lost / requests,
  }));
}
