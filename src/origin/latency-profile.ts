// How long the origin thinks before it answers. `cdn` is given by percentiles: half of the answers within 1-20 ms, 40 %
// in 21-50, 5 % in 51-150, 5 % in 151-500, uniform inside each band, so that p50, p90, p95 and p99 lie in them. Other
// bands can be given in the configuration.

import type { Random } from '../base/random.ts';

export const LATENCY_PROFILES = ['none', 'cdn'] as const;
export type LatencyProfileName = (typeof LATENCY_PROFILES)[number];

export interface LatencyBand {
  /** Share of all answers up to and including this band. */
  upTo: number;
  fromMs: number;
  toMs: number;
}

export type LatencyProfile = LatencyProfileName | readonly LatencyBand[];

const CDN_BANDS: readonly LatencyBand[] = [
  { upTo: 0.5, fromMs: 1, toMs: 20 },
  { upTo: 0.9, fromMs: 21, toMs: 50 },
  { upTo: 0.95, fromMs: 51, toMs: 150 },
  { upTo: 1, fromMs: 151, toMs: 500 },
];

/** Draws one latency in milliseconds; 0 for `none`. Two numbers per draw, so that bands and places are independent. */
export function sampleLatencyMs(profile: LatencyProfile, random: Random): number {
  if (profile === 'none') return 0;
  const bands = profile === 'cdn' ? CDN_BANDS : profile;
  const share = random();
  const place = random();
  const band = bands.find((candidate) => share < candidate.upTo) ?? bands[bands.length - 1];
  return band ? band.fromMs + place * (band.toMs - band.fromMs) : 0;
}
