import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isAlive, readRunState } from '../../src/runtimes/run-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'catchment-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('run state', () => {
  it('knows no lab where there is no file, or a broken one', () => {
    writeFileSync(join(folder, 'broken.json'), '{"initPid":');
    expect(readRunState(join(folder, 'none.json'))).toBeUndefined();
    expect(readRunState(join(folder, 'broken.json'))).toBeUndefined();
  });

  it('is not what another runtime keeps in a file of that name', () => {
    for (const text of ['null', '[]', '{"runtime":"docker"}', '{"initPid":1}']) {
      writeFileSync(join(folder, 'other.json'), text);
      expect(readRunState(join(folder, 'other.json')), text).toBeUndefined();
    }
  });

  it('never takes a reused pid for the lab: the start time must match too', () => {
    expect(isAlive({ initPid: process.pid, startTicks: 1 })).toBe(false);
  });

  it('sees that a process that never was is not alive', () => {
    expect(isAlive({ initPid: 2 ** 22 + 1, startTicks: 1 })).toBe(false);
  });
});
