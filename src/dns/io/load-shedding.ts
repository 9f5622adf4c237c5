// Hears the load of each POP that has a capacity, and keeps what share of its clients it sheds (health/shedding).

import type { HealthPop, SheddingConfig } from '../health/health-config.ts';
import { afterLoad, afterSilence, initialShedding, type SheddingState } from '../health/shedding.ts';
import type { SourceAddresses } from './http-get.ts';
import { startLoadPolls } from './load-poller.ts';
import type { Log } from './log.ts';

export interface LoadReport {
  /** The last load heard; null before the first. */
  load: number | null;
  capacity: number;
  error?: string;
}

export interface LoadShedding {
  shedFraction(pop: string): number;
  report(pop: string): LoadReport | undefined;
  memory(): ReadonlyMap<string, SheddingState>;
  stop(): void;
}

/** `onChange` is called when a POP's shed fraction is another. It must not throw. */
export function startLoadShedding(
  pops: readonly HealthPop[],
  config: SheddingConfig,
  sourceAddresses: SourceAddresses,
  known: ReadonlyMap<string, SheddingState> | undefined,
  monotonicMs: () => number,
  onChange: () => void,
  log: Log,
): LoadShedding {
  const settings = { settleMs: config.settleSeconds * 1000, staleMs: config.staleSeconds * 1000 };
  const polled = pops.flatMap(({ name, loadUrl, capacity }) =>
    loadUrl === undefined || capacity === undefined ? [] : [{ name, loadUrl, capacity }],
  );
  const capacities = new Map(polled.map(({ name, capacity }) => [name, capacity]));
  const states = new Map(
    polled.map(({ name }) => [name, known?.get(name) ?? initialShedding(monotonicMs())]),
  );
  const onLoad = (pop: string, load: number | undefined) => {
    const before = states.get(pop);
    const capacity = capacities.get(pop);
    if (!before || capacity === undefined) return;
    const nowMs = monotonicMs();
    const after =
      load === undefined
        ? afterSilence(before, settings, nowMs)
        : afterLoad(before, load, capacity, settings, nowMs);
    states.set(pop, after);
    if (after.shed !== before.shed) onChange();
  };
  const timing = { intervalMs: config.intervalSeconds * 1000, timeoutMs: config.timeoutSeconds * 1000 };
  const poller = startLoadPolls(polled, { ...timing, sourceAddresses }, onLoad, log);
  return {
    shedFraction: (pop) => states.get(pop)?.shed ?? 0,
    report: (pop) => {
      const capacity = capacities.get(pop);
      if (capacity === undefined) return undefined;
      const error = poller.errors.get(pop);
      return { load: states.get(pop)?.heard?.load ?? null, capacity, ...(error !== undefined && { error }) };
    },
    memory: () => new Map(states),
    stop: poller.stop,
  };
}
