// How true the emulation was: measured TCP connect time against the planned RTT of the path, which is the delays along
// the forward path plus those along the reverse one (BGP is asymmetric). Every report carries it, since a latency
// comparison is worth no more than its delays. Paths with configured jitter or loss have no single planned time; their
// spread is data, so they are counted apart.

import { percentile, roundMs } from './latency-statistics.ts';
import type { Sample } from './sample.ts';

/** Within the larger of these is a true sample: 1 ms, or 2 % of the planned RTT. */
export const TOLERANCE_MS = 1;
export const TOLERANCE_SHARE = 0.02;

export interface Fidelity {
  /** Samples with a planned RTT and a measured connect time. */
  samples: number;
  /** Share (0-1) of them within the tolerance. */
  withinTolerance: number;
  /** 95th percentile of |measured - planned|. */
  p95ErrorMs: number;
  medianErrorMs: number;
  /** Samples over impaired paths (jitter or loss by configuration), not in the numbers above. */
  impairedSamples: number;
  toleranceMs: number;
  tolerancePercent: number;
}

export function toleranceFor(plannedMs: number): number {
  return Math.max(TOLERANCE_MS, TOLERANCE_SHARE * plannedMs);
}

/** `impaired` tells the clients whose paths have configured jitter or loss. */
export function fidelity(
  samples: readonly Sample[],
  impaired: (client: string) => boolean = () => false,
): Fidelity {
  const planned = samples.filter((each) => each.plannedRttMs !== undefined && each.connectMs !== undefined);
  const clean = planned.filter((each) => !impaired(each.client));
  const errors = clean.map((each) => Math.abs((each.connectMs ?? 0) - (each.plannedRttMs ?? 0)));
  const within = clean.filter((each, i) => (errors[i] ?? 0) <= toleranceFor(each.plannedRttMs ?? 0));
  return {
    samples: clean.length,
    withinTolerance: clean.length === 0 ? 0 : Math.round((within.length / clean.length) * 1e4) / 1e4,
    p95ErrorMs: roundHundredth(percentile(errors, 95) ?? 0),
    medianErrorMs: roundHundredth(percentile(errors, 50) ?? 0),
    impairedSamples: planned.length - clean.length,
    toleranceMs: TOLERANCE_MS,
    tolerancePercent: TOLERANCE_SHARE * 100,
  };
}

function roundHundredth(value: number): number {
  return roundMs(value * 10) / 10;
}
