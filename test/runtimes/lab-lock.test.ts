// Who holds a lab's lock, told by pid and start time: a killed holder's lock is no obstacle, a reused pid is no holder.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, readRunState, takeLock } from '../../src/runtimes/run-state.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-lock-'));
  lock = join(folder, 'up.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a lab's lock", () => {
  it('is ours when nobody has it, and then nobody else gets it', () => {
    expect(takeLock(lock)).toBe(true);
    expect(isAlive(readRunState(lock))).toBe(true);
    expect(takeLock(lock)).toBe(false);
  });

  it('is ours when its holder is gone', () => {
    const { pid } = spawnSync('true');
    writeFileSync(lock, JSON.stringify({ initPid: pid, startTicks: 1 }));
    expect(takeLock(lock)).toBe(true);
  });

  it('is ours when another process has the pid of its holder now', () => {
    writeFileSync(lock, JSON.stringify({ initPid: process.pid, startTicks: 1 }));
    expect(takeLock(lock)).toBe(true);
  });

  it('is ours when its holder was killed while it wrote it', () => {
    writeFileSync(lock, '{"initPid"');
    expect(takeLock(lock)).toBe(true);
  });

  it('cannot be taken in a folder that is not there', () => {
    expect(() => takeLock(join(folder, 'no', 'up.lock'))).toThrow(/ENOENT/);
  });
});
