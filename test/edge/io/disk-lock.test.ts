// Two edges on one directory: the second does not start, and a kill leaves nothing that would keep the next one out.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UserError } from '../../../src/base/errors.ts';
import { lockDirectory } from '../../../src/edge/io/disk-lock.ts';
import { openStore } from '../../../src/edge/io/open-store.ts';
import { temporaryDirectory } from './disk-harness.ts';

let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => rm(directory, { recursive: true }));

const open = () =>
  openStore(
    { cacheBytes: 100_000, eviction: 's3-fifo', disk: { directory, bytes: 8_388_608 }, ghosts: false },
    Date.now,
  );

it('keeps a second store out while the first is open, and says who has it', async () => {
  const first = await open();
  const refused = (await open().catch((error: unknown) => error)) as UserError;
  expect(refused.problems).toEqual([
    {
      file: directory,
      path: 'disk.directory',
      message: `another edge keeps its objects there (process ${process.pid})`,
      hint: 'stop it first, or give each edge a directory of its own',
    },
  ]);
  await first.close(0);
  await (await open()).close(0);
});

it('is free again when its process was killed', async () => {
  const module = join(import.meta.dirname, '../../../src/edge/io/disk-lock.ts');
  const script = `await (await import(process.argv[1])).lockDirectory(process.argv[2]); console.log('locked'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(lockDirectory(directory)).rejects.toThrow(`process ${child.pid}`);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  await (await lockDirectory(directory)).release();
});
