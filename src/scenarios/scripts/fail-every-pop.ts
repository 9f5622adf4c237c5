#!/usr/bin/env -S npx zx
// A zx script (https://google.github.io/zx) over the command line, as anyone would write one for a lab: fails every POP
// of the running lab, one after the other, and prints what each death cost.
//
//   npx zx src/scenarios/scripts/fail-every-pop.ts [--how silent|clean|drain] [--name LAB]

import { fileURLToPath } from 'node:url';
import { $, argv, cd, echo } from 'zx';
import type { FailoverReport } from '../../report/report-model.ts';

cd(fileURLToPath(new URL('../../..', import.meta.url)));
const how = String(argv['how'] ?? 'silent');
const lab = argv['name'] ? ['--name', String(argv['name'])] : [];

interface Status {
  pops: { name: string; city: string }[];
}

const { pops } = await $`./lab status --json ${lab}`.quiet().json<Status>();
for (const pop of pops) {
  const { result } = await $`./lab scenario run fail-pop ${lab} --json --pop ${pop.name} --how ${how}`
    .quiet()
    .json<FailoverReport>();
  for (const { strategy, affected } of result.strategies) {
    const seconds =
      affected.recoveryMs.worst === null ? '-' : `${(affected.recoveryMs.worst / 1000).toFixed(1)} s`;
    echo(
      `${pop.city.padEnd(16)} ${strategy.padEnd(12)} clients ${affected.clients}  lost ${affected.lost}  recovered after ${seconds}  downloads broken ${affected.downloadsBroken}`,
    );
  }
}
