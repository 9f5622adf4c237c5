import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { loadTopology } from '../../src/topology/io/load-topology.ts';

const folder = mkdtempSync(join(tmpdir(), 'topology-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('loading a topology', () => {
  it('finds the ones of this project by name, and says which file it was', () => {
    const { topology, file } = loadTopology('tiny');
    expect(topology.name).toBe('tiny');
    expect(file).toMatch(/netem\/topologies\/tiny\.yaml$/);
  });

  it('suggests the nearest name for a mistyped one, as a usage error', () => {
    const error = failure(() => loadTopology('wrold'));
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('did you mean world?');
  });

  it('tells all problems of a file', () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, 'name: mine\npops: {}\nclients: {}\n');
    const error = failure(() => loadTopology(file));
    expect(error.exitCode).toBe(1);
    expect(error.problems.map((problem) => problem.path)).toEqual(
      expect.arrayContaining(['transits', 'cdn', 'origin', 'root', 'pops', 'clients']),
    );
  });

  it('says what is wrong with a path that is no file', () => {
    expect(failure(() => loadTopology('./no/such.yaml')).message).toContain('no such file');
    expect(failure(() => loadTopology(tmpdir())).message).toContain('directory');
  });
});

function failure(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
