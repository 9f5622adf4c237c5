// kill -9 in the middle of writing, again and again in one directory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { stored } from '../store/stored-responses.ts';
import { openTier, temporaryDirectory } from './disk-harness.ts';

const CHILD = join(import.meta.dirname, 'disk-child.ts');

it('survives kill -9: what was confirmed is there, what was purged is not, nothing is damaged', async () => {
  const directory = await temporaryDirectory();
  const random = seededRandom(3);
  const confirmed: number[] = [];
  try {
    for (let round = 0; round < 4; round++) {
      confirmed.push(...(await writeUntilKilled(directory, round * 100_000, 20 + Math.floor(random() * 60))));
      const tier = await openTier(directory, { maxBytes: 64_000_000 });
      for (const i of confirmed) {
        for (let part = 0; part < 5; part++) {
          const expected = i % 3 === 0 ? [] : [stored(1000 + (i % 1000), undefined, [`tag${i}`])];
          expect(await tier.load(`u${i}/${part}`)).toEqual(expected);
        }
      }
      expect(tier.stats().corrupted).toBeLessThanOrEqual(round + 1);
      await tier.close();
    }
    expect(confirmed.length).toBeGreaterThan(80);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Killed after so many confirmations, at whatever it is doing then. */
async function writeUntilKilled(directory: string, first: number, confirmations: number): Promise<number[]> {
  const child = spawn(process.execPath, [CHILD, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > confirmations) child.kill('SIGKILL');
  });
  await exited;
  return text.trim().split('\n').map(Number);
}
