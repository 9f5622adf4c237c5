// The experiments by their names.

import { cacheLockExperiment } from './cache-lock.ts';
import type { Experiment } from './experiment.ts';
import { hashingExperiment } from './hashing.ts';
import { longTailExperiment } from './long-tail.ts';
import { ttlExperiment } from './ttl.ts';

export const EXPERIMENTS: Readonly<Record<string, Experiment>> = {
  ttl: ttlExperiment,
  'cache-lock': cacheLockExperiment,
  'long-tail': longTailExperiment,
  hashing: hashingExperiment,
};
