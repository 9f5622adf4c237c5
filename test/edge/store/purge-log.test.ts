import { describe, expect, it } from 'vitest';
import { type PurgeKind, PurgeLog } from '../../../src/edge/store/purge-log.ts';

let sequence = 0;
const purge = (log: PurgeLog, kind: PurgeKind, value: string, soft = false) =>
  log.record({ kind, value, soft, sequence: ++sequence, atMs: sequence * 10 });
const since = (log: PurgeLog, from: number, key: string, tags: string[] = []) =>
  log.since(from, key, tags).action;

describe('a purge log', () => {
  it.each([
    ['all', '', 'http://a/x', [], 'remove'],
    ['key', 'http://a/x', 'http://a/x', [], 'remove'],
    ['key', 'http://a/x', 'http://a/xy', [], 'keep'],
    ['prefix', 'http://a/x', 'http://a/xy', [], 'remove'],
    ['prefix', 'http://a/x', 'http://a/', [], 'keep'],
    ['prefix', '', 'http://a/', [], 'remove'],
    ['tag', 'red', 'http://a/', ['blue', 'red'], 'remove'],
    ['tag', 'red', 'red', ['blue'], 'keep'],
  ] as const)('by %s "%s" says of %s %j: %s', (kind, value, key, tags, action) => {
    const log = new PurgeLog();
    const before = sequence;
    purge(log, kind, value);
    expect(since(log, before, key, [...tags])).toBe(action);
    expect(since(log, sequence, key, [...tags])).toBe('keep');
  });

  it('lets a hard purge win over a soft one, in either order', () => {
    for (const [first, second] of [
      [true, false],
      [false, true],
    ] as const) {
      const log = new PurgeLog();
      const before = sequence;
      purge(log, 'prefix', 'a', first);
      purge(log, 'tag', 't', second);
      expect(since(log, before, 'abc', ['t'])).toBe('remove');
    }
  });

  it('gives the time of the last soft purge', () => {
    const log = new PurgeLog();
    const before = sequence;
    purge(log, 'prefix', 'a', true);
    purge(log, 'key', 'abc', true);
    expect(log.since(before, 'abc', [])).toEqual({ action: 'mark', atMs: sequence * 10 });
  });

  it('is bounded: what it has forgotten counts as purged', () => {
    const log = new PurgeLog(100);
    const before = sequence;
    for (let i = 0; i < 250; i++) purge(log, 'key', `k${i}`);
    expect(log.size).toBeLessThanOrEqual(100);
    expect(since(log, before, 'never purged')).toBe('remove');
    expect(since(log, sequence - 10, 'k245')).toBe('remove');
    expect(since(log, sequence - 10, 'k1')).toBe('keep');
  });
});
