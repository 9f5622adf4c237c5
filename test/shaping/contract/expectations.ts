// What every shaper owes: the contract, as a table of sentences over what run-contract.ts measured.

import { expect } from 'vitest';
import type { Received, Upload } from './peer.ts';

export interface Measured {
  pingMs: { v4: number; v6: number };
  connectMs: number;
  oneWayMs: { aToB: number; bToA: number };
  /** Datagrams sent while the delay went from 150 ms to 40 ms, and the delay of later ones. */
  acrossChange: Received;
  changedMs: number;
  uploads: { changing: Upload; aToB: Upload; bToA: Upload };
  lossAll: number;
  loss20: number;
  blackhole: number;
  restored: number;
  duplicated: number;
  reordered: number;
  jitter: Received;
  limited: number;
  rated: Upload;
}

/** `toleranceMs`: what the machine adds to the shortest of several one-way delays; twice that for round trips. */
export const CONTRACT: [sentence: string, check: (measured: Measured, toleranceMs: number) => void][] = [
  [
    'a ping takes both delays, in IPv4 and IPv6',
    ({ pingMs }, tolerance) => {
      expectDelay(pingMs.v4, 40, 2 * tolerance);
      expectDelay(pingMs.v6, 40, 2 * tolerance);
    },
  ],
  [
    'a TCP connect takes one round trip',
    ({ connectMs }, tolerance) => expectDelay(connectMs, 40, 4 * tolerance),
  ],
  [
    'each direction has its own delay',
    ({ oneWayMs }, tolerance) => {
      expectDelay(oneWayMs.aToB, 30, 2 * tolerance);
      expectDelay(oneWayMs.bToA, 5, 2 * tolerance);
    },
  ],
  [
    'a change at run time loses and repeats no frame that is held',
    ({ acrossChange }) => {
      expect(sequences(acrossChange).sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    },
  ],
  [
    'a change at run time takes effect',
    ({ changedMs }, tolerance) => expectDelay(changedMs, 40, 2 * tolerance),
  ],
  [
    'a large TCP transfer arrives intact, both ways, and while the link changes',
    ({ uploads }) => {
      expect(uploads.changing.intact).toBe(true);
      expect(uploads.aToB.intact).toBe(true);
      expect(uploads.bToA.intact).toBe(true);
    },
  ],
  ['a loss of 100 % lets nothing through', ({ lossAll }) => expect(lossAll).toBe(0)],
  ['a loss of 20 % loses about a fifth', ({ loss20 }) => expectBetween(loss20, 740, 860)],
  ['a blackhole lets nothing through, either way', ({ blackhole }) => expect(blackhole).toBe(0)],
  ['a link that was a blackhole works again', ({ restored }) => expect(restored).toBe(40)],
  [
    'half of the frames duplicated makes one and a half',
    ({ duplicated }) => expectBetween(duplicated, 540, 660),
  ],
  [
    'a quarter of the frames reordered go ahead without the delay',
    ({ reordered }) => expectBetween(reordered, 25, 75),
  ],
  [
    'jitter varies the delay and keeps the order of frames',
    ({ jitter }) => {
      const order = sequences(jitter);
      expect(order).toEqual([...order].sort((x, y) => x - y));
      expect(order).toHaveLength(200);
      const delays = jitter.map(([, delayMs]) => delayMs).sort((x, y) => x - y);
      expectBetween(delays[100] as number, 36, 60);
      expectBetween((delays[180] as number) - (delays[20] as number), 6, 40);
    },
  ],
  ['a queue holds as many frames as its limit', ({ limited }) => expectBetween(limited, 10, 11)],
  [
    'a rate of 10 Mbit/s takes 0.8 s for a megabyte, and its headers',
    ({ rated }) => {
      expect(rated.intact).toBe(true);
      expectBetween(rated.ms, 800, 1600);
    },
  ],
];

function sequences(received: Received): number[] {
  return received.map(([sequence]) => sequence);
}

/** Never early, but for what clocks round. */
function expectDelay(ms: number, planned: number, tolerance: number): void {
  expectBetween(ms, planned - 0.1, planned + tolerance);
}

function expectBetween(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}
