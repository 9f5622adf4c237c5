// The parts of the bench, in the order in which they run.

import { answers } from './measurements/answers.ts';
import { cpu } from './measurements/cpu.ts';
import { failover } from './measurements/failover.ts';
import { latency } from './measurements/latency.ts';
import { memory } from './measurements/memory.ts';
import { reload } from './measurements/reload.ts';
import { signed } from './measurements/signed.ts';
import { workers } from './measurements/workers.ts';
import type { Bench } from './prepare.ts';
import { beforeOtherWork } from './priority.ts';

export const PARTS: { readonly [name: string]: (bench: Bench) => Promise<void> } = {
  answers,
  cpu,
  signed,
  workers,
  latency: (bench) => beforeOtherWork(() => latency(bench)),
  reload: (bench) => beforeOtherWork(() => reload(bench)),
  memory,
  failover,
};
