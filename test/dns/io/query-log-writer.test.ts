import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Log } from '../../../src/dns/io/log.ts';
import { openQueryLog } from '../../../src/dns/io/query-log-writer.ts';
import { MOST_PENDING_BYTES } from '../../../src/dns/query-log.ts';

let folder: string;
let warnings: string[];
const log: Log = { info: () => {}, warn: (message) => warnings.push(message) };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-query-log-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

it('appends chunks in order to a file that others cannot read', async () => {
  const file = join(folder, 'queries.jsonl');
  const writer = await openQueryLog(file, log);
  for (let i = 0; i < 100; i++) {
    Atomics.add(writer.counters, 0, 3);
    writer.write(`${String(i).padStart(2, '0')}\n`);
  }
  await writer.close();
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  expect(readFileSync(file, 'utf8').trim().split('\n').map(Number)).toEqual(numbers);
  expect(statSync(file).mode & 0o7777 & ~0o640).toBe(0);
  expect([...writer.counters]).toEqual([0, 0]);
});

it('goes on in a new file after rotation, and loses nothing', async () => {
  const [file, old] = [join(folder, 'q'), join(folder, 'q.1')];
  const writer = await openQueryLog(file, log);
  writer.write('before\n');
  renameSync(file, old);
  await writer.reopen();
  writer.write('after\n');
  await writer.close();
  expect(readFileSync(old, 'utf8') + readFileSync(file, 'utf8')).toBe('before\nafter\n');
  expect(readFileSync(file, 'utf8')).toContain('after');
});

it('keeps the old file when the new one cannot be opened', async () => {
  const inner = join(folder, 'inner');
  const writer = await openQueryLog(inner, log);
  rmSync(inner);
  rmSync(folder, { recursive: true });
  await writer.reopen();
  expect(warnings).toEqual(['the query log cannot be opened again, the old file stays']);
  await writer.close();
  folder = mkdtempSync(join(tmpdir(), 'catchment-query-log-'));
});

it.skipIf(!existsSync('/dev/full'))('counts what a full disk loses, and says so once', async () => {
  const writer = await openQueryLog('/dev/full', log);
  Atomics.store(writer.counters, 0, 4);
  writer.write('a\nb\n');
  await writer.reopen();
  await writer.close();
  expect([...writer.counters]).toEqual([0, 2]);
  expect(warnings).toEqual(['the query log cannot be written']);
});

it('has a bound that a 32-bit counter can hold', () => {
  expect(MOST_PENDING_BYTES).toBeLessThan(2 ** 30);
});

it('says which file cannot be opened', async () => {
  await expect(openQueryLog(join(folder, 'no', 'such', 'q'), log)).rejects.toThrow(
    /cannot open the query log/,
  );
  await expect(openQueryLog(folder, log)).rejects.toThrow(/EISDIR/);
});
