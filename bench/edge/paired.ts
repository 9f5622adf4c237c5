// Several servers measured in turns, a slice each: a shared machine's speed drifts by a third within minutes, so figures
// of different minutes do not compare, but those of neighbouring seconds do. Results are medians of the rounds' ratios.

import { setTimeout as sleep } from 'node:timers/promises';
import { busySeconds } from '../support/processes.ts';
import { median } from '../support/statistics.ts';
import { CLIENT_CPU, SERVER_CPU } from './processors.ts';
import type { RunningServer } from './server.ts';
import { type WrkLoad, wrk } from './wrk.ts';

export interface Slice {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuMicroseconds: number;
  errors: number;
  /** Share of the slice in which others, the host too, had its processor or wrk's. */
  others: number;
}

/** Of one server against the reference in the same rounds. */
export interface Comparison {
  subject: Slice;
  reference: Slice;
  /** Medians over the rounds, subject / reference. */
  rateRatio: number;
  cpuRatio: number;
  p99Ratio: number;
  rounds: number;
  dropped: number;
}

/** A round in which others took more than this of a processor says little about requests a second. */
const MAX_OTHERS = 0.2;
/**
 * Of two seconds each: on one processor a compiler that works in the background takes its time from those it works for. The
 * first ones bring a connection for each request, since accepting is a part of each slice too: its first 64 answers, were they
 * late, would be wrk's p99.
 */
const WARM_UPS = { ofConnections: 2, ofRequests: 4 };
const CLOSING = 'Connection: close';
const QUIET_MS = 300;
const QUIET_TIMEOUT_MS = 10_000;
/** With fewer good rounds than this all count, and the figure's `others` says what it is worth. */
const MIN_ROUNDS = 3;

/** By server, without the first, which is the reference. */
export async function takeTurns(
  servers: readonly RunningServer[],
  script: string,
  load: WrkLoad,
  rounds: number,
): Promise<Comparison[]> {
  // Compilers and caches are warm before anything counts, and what a server does in its first seconds is over.
  const warmUp = async (times: number, fields: readonly string[]) => {
    for (let i = 0; i < times; i++)
      for (const server of servers) await wrk(server.port, script, { ...load, fields, seconds: 2 });
  };
  await warmUp(WARM_UPS.ofConnections, [...load.fields, CLOSING]);
  await warmUp(WARM_UPS.ofRequests, load.fields);
  const taken: Slice[][] = [];
  for (let round = 0; round < rounds; round++) {
    await untilQuiet();
    const slices: Slice[] = [];
    // Forth and back, so that a drift in one direction favours nobody.
    const order = servers.map((_, i) => (round % 2 === 0 ? i : servers.length - 1 - i));
    for (const i of order) slices[i] = await slice(servers[i] as RunningServer, script, load);
    taken.push(slices);
  }
  const good = taken.filter((slices) => slices.every((each) => each.others <= MAX_OTHERS));
  const kept = good.length >= MIN_ROUNDS ? good : taken;
  return servers.slice(1).map((_, i) => {
    const ratio = (field: keyof Slice) =>
      median(kept.map((slices) => (slices[i + 1] as Slice)[field] / (slices[0] as Slice)[field]));
    return {
      subject: medianSlice(kept.map((slices) => slices[i + 1] as Slice)),
      reference: medianSlice(kept.map((slices) => slices[0] as Slice)),
      rateRatio: ratio('perSecond'),
      cpuRatio: ratio('cpuMicroseconds'),
      p99Ratio: ratio('p99Ms'),
      rounds: kept.length,
      dropped: taken.length - kept.length,
    };
  });
}

/** Waits for a moment in which nobody else uses the processors, though not for ever. */
async function untilQuiet(): Promise<void> {
  const deadline = performance.now() + QUIET_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const before = [SERVER_CPU, CLIENT_CPU].map(busySeconds);
    await sleep(QUIET_MS);
    const shares = [SERVER_CPU, CLIENT_CPU].map(
      (cpu, i) => (busySeconds(cpu) - (before[i] ?? 0)) / (QUIET_MS / 1000),
    );
    if (Math.max(...shares) <= MAX_OTHERS) return;
  }
}

async function slice(server: RunningServer, script: string, load: WrkLoad): Promise<Slice> {
  const used = server.cpu();
  const startedMs = performance.now();
  const busy = [SERVER_CPU, CLIENT_CPU].map(busySeconds);
  const { requests, cpuSeconds, ...result } = await wrk(server.port, script, load);
  const seconds = (performance.now() - startedMs) / 1000;
  const own = [server.cpu() - used, cpuSeconds];
  const others = [SERVER_CPU, CLIENT_CPU].map((cpu, i) => busySeconds(cpu) - (busy[i] ?? 0) - (own[i] ?? 0));
  return {
    ...result,
    cpuMicroseconds: ((own[0] ?? 0) * 1e6) / requests,
    others: Math.max(0, ...others) / seconds,
  };
}

function medianSlice(slices: readonly Slice[]): Slice {
  const of = (field: keyof Slice) => median(slices.map((each) => each[field]));
  return {
    perSecond: of('perSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    cpuMicroseconds: of('cpuMicroseconds'),
    errors: slices.reduce((sum, each) => sum + each.errors, 0),
    others: of('others'),
  };
}
