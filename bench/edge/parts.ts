// The parts of the bench, in the order in which they run.

import { firstByte } from './measurements/first-byte.ts';
import { herd } from './measurements/herd.ts';
import { large } from './measurements/large.ts';
import { malformed } from './measurements/malformed.ts';
import { memory } from './measurements/memory.ts';
import { misses } from './measurements/misses.ts';
import { throughput } from './measurements/throughput.ts';
import type { Bench } from './prepare.ts';

export const PARTS: { readonly [name: string]: (bench: Bench) => Promise<void> } = {
  throughput,
  herd,
  misses,
  'first-byte': firstByte,
  large,
  memory,
  malformed,
};
