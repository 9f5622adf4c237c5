// Keeps the RTT table fresh. It begins with a few samples of every target at once, spread over the lab's busy start (whose
// queues only ever add: the smallest sample counts), and goes on quickly for some seconds. After that samples are spread
// evenly, so that they are never a burst.

import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentConfig } from '../config.ts';
import { RttTable, type RttTarget } from '../rtt-table.ts';
import { measureRtt } from './measure-rtt.ts';

const FIRST_ROUND_SAMPLES = 3;
const FIRST_ROUND_SPACING_MS = 150; // between samples of one target: what delays one may be over by the next
const TARGET_SPACING_MS = 3; // between targets: simultaneous answers would queue in this process and look late
const FIRST_ROUND_GIVE_UP_MS = 10_000; // a target that is silent for longer is down, not late
const RETRY_MS = 250; // routes may still be on their way
const QUICK_ROUNDS = 5; // one sample per target each, after the first round
const QUICK_ROUND_MS = 2000;
const KEPT_SAMPLES = 5; // at least: by the end of the quick rounds, those of the start are forgotten

type MeasurerConfig = Pick<
  AgentConfig,
  'targets' | 'targetPort' | 'sourceAddress' | 'rttIntervalSeconds' | 'rttSamples'
>;

export class RttMeasurer {
  readonly #config: MeasurerConfig;
  readonly #table: RttTable;
  #firstRoundDone = false;

  constructor(config: MeasurerConfig) {
    this.#config = config;
    this.#table = new RttTable(Math.max(KEPT_SAMPLES, config.rttSamples));
  }

  /** True once every target has answered, or has had its time to. */
  get firstRoundDone(): boolean {
    return this.#firstRoundDone;
  }

  entries() {
    return this.#table.entries();
  }

  /** Runs until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#firstRound(signal);
    this.#firstRoundDone = true;
    const { targets, rttIntervalSeconds, rttSamples } = this.#config;
    if (targets.length === 0) return;
    const quick = Math.min(QUICK_ROUND_MS, (rttIntervalSeconds * 1000) / rttSamples) / targets.length;
    await this.#sampleInTurn(quick, QUICK_ROUNDS * targets.length, signal);
    const slow = (rttIntervalSeconds * 1000) / (targets.length * rttSamples);
    await this.#sampleInTurn(slow, Number.POSITIVE_INFINITY, signal);
  }

  async #sampleInTurn(spacingMs: number, count: number, signal: AbortSignal): Promise<void> {
    const { targets } = this.#config;
    for (let next = 0; next < count && !signal.aborted; next++) {
      await pause(spacingMs, signal);
      const target = targets[next % targets.length];
      if (target && !signal.aborted) void this.#sample(target);
    }
  }

  async #firstRound(signal: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + FIRST_ROUND_GIVE_UP_MS;
    let waiting = this.#config.targets;
    while (waiting.length > 0 && performance.now() < giveUpAt && !signal.aborted) {
      await Promise.all(
        waiting.map(async (target, i) => {
          await pause(i * TARGET_SPACING_MS, signal);
          await this.#sampleSpaced(target, signal);
        }),
      );
      waiting = waiting.filter(({ prefix }) => !this.#table.has(prefix));
      if (waiting.length > 0) await pause(RETRY_MS, signal);
    }
  }

  /** Begins a sample every so often without waiting for the last: the whole takes the spacing and one round trip. */
  async #sampleSpaced(target: RttTarget, signal: AbortSignal): Promise<void> {
    const samples = [this.#sample(target)];
    while (samples.length < FIRST_ROUND_SAMPLES && !signal.aborted) {
      await pause(FIRST_ROUND_SPACING_MS, signal);
      samples.push(this.#sample(target));
    }
    await Promise.all(samples);
  }

  async #sample(target: RttTarget): Promise<void> {
    const { targetPort: port, sourceAddress: localAddress } = this.#config;
    const rttMs = await measureRtt({ address: target.address, port, localAddress });
    if (rttMs !== undefined) this.#table.record(target.prefix, rttMs, Date.now());
  }
}

/** Ends early when aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
