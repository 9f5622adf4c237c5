// A process that writes and purges until it is killed, and says on its standard output what is on the disk for certain.

import { writeSync } from 'node:fs';
import { openDiskTier } from '../../../src/edge/io/disk-tier.ts';
import { stored } from '../store/stored-responses.ts';

const [directory = '', first = '0'] = process.argv.slice(2);
const tier = await openDiskTier({ directory, maxBytes: 64_000_000, segmentBytes: 400_000, now: Date.now });
for (let i = Number(first); ; i++) {
  for (let part = 0; part < 5; part++)
    tier.offer(`u${i}/${part}`, stored(1000 + (i % 1000), undefined, [`tag${i}`]));
  if (i % 3 === 0) tier.purge('tag', `tag${i}`, false);
  await tier.flushed();
  writeSync(1, `${i}\n`);
}
