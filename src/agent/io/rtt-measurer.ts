// Keeps the RTT table fresh. At the start it measures all targets at once, and again those that did not answer yet
// (routes may still be on their way); after that it spreads its samples evenly, so that it is never a burst.

import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentConfig } from '../config.ts';
import { RttTable, type RttTarget } from '../rtt-table.ts';
import { measureRtt } from './measure-rtt.ts';

const FIRST_ROUND_SAMPLES = 2; // the first of a pair may pay for ARP, a cold path or a busy start
const FIRST_ROUND_SPACING_MS = 5; // between targets: simultaneous answers would queue in this process and look late
const FIRST_ROUND_GIVE_UP_MS = 10_000; // a target that is silent for longer is down, not late
const RETRY_MS = 250;

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
    this.#table = new RttTable(config.rttSamples);
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
    const spacingMs = (rttIntervalSeconds * 1000) / (targets.length * rttSamples);
    for (let next = 0; !signal.aborted; next++) {
      await sleep(spacingMs, undefined, { signal }).catch(() => {});
      const target = targets[next % targets.length];
      if (target && !signal.aborted) await this.#sample(target);
    }
  }

  async #firstRound(signal: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + FIRST_ROUND_GIVE_UP_MS;
    let waiting = this.#config.targets;
    while (waiting.length > 0 && performance.now() < giveUpAt && !signal.aborted) {
      await Promise.all(
        waiting.map(async (target, i) => {
          await sleep(i * FIRST_ROUND_SPACING_MS);
          for (let n = 0; n < FIRST_ROUND_SAMPLES; n++) if (!(await this.#sample(target))) break;
        }),
      );
      waiting = waiting.filter(({ prefix }) => !this.#table.has(prefix));
      if (waiting.length > 0) await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #sample(target: RttTarget): Promise<boolean> {
    const { targetPort: port, sourceAddress: localAddress } = this.#config;
    const rttMs = await measureRtt({ address: target.address, port, localAddress });
    if (rttMs !== undefined) this.#table.record(target.prefix, rttMs, Date.now());
    return rttMs !== undefined;
  }
}
