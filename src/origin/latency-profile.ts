// How long the origin thinks before it answers. `cdn` is given by percentiles: half of the answers within 1-20 ms, 40 %
// in 21-50, 5 % in 51-150, 5 % in 151-500, uniform inside each band, so that p50, p90, p95 and p99 lie in them.

import type { Random } from '../base/random.ts';

export type LatencyProfileName = 'none' | 'cdn';

interface Band {
  /** Share of all answers up to and including this band. */
  upTo: number;
  fromMs: number;
  toMs: number;
}

const CDN_BANDS: readonly Band[] = [
  { upTo: 0.5, fromMs: 1, toMs: 20 },
  { upTo: 0.9, fromMs: 21, toMs: 50 },
  { upTo: 0.95, fromMs: 51, toMs: 150 },
  { upTo: 1, fromMs: 151, toMs: 500 },
];

/** Draws one latency in milliseconds; 0 for `none`. Two numbers per draw, so that bands and places are independent. */
export function sampleLatencyMs(profile: LatencyProfileName, random: Random): number {
  if (profile === 'none') return 0;
  const share = random();
  const place = random();
  const band = CDN_BANDS.find((candidate) => share < candidate.upTo) ?? CDN_BANDS[CDN_BANDS.length - 1];
  return band ? band.fromMs + place * (band.toMs - band.fromMs) : 0;
}
