// What a service takes of the machine, read from the engine's statistics in both generations of control groups.

import type { ContainerStats } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { toReading } from '../../../src/runtimes/docker/stats.ts';

const container = {
  id: '4c1354d4f643',
  name: 'catchment-tiny_root.dns_1',
  node: 'root',
  service: 'dns',
  state: { Running: true },
  restarts: 0,
} as unknown as Parameters<typeof toReading>[0];

/** The fields that count, of what engine 20.10 has answered. */
function stats(memory_stats: unknown, total_usage?: number): ContainerStats {
  return {
    read: '2026-11-21T08:33:22.959057652Z',
    preread: '0001-01-01T00:00:00Z',
    cpu_stats: { cpu_usage: total_usage === undefined ? {} : { total_usage }, system_cpu_usage: 3.2e16 },
    memory_stats,
  } as unknown as ContainerStats;
}

describe('a reading', () => {
  it.each([
    [
      'version 1',
      { usage: 16_510_976, stats: { total_inactive_file: 1_000_000, inactive_file: 7 } },
      15_510_976,
    ],
    ['version 2', { usage: 16_510_976, stats: { inactive_file: 510_976, file: 1 } }, 16_000_000],
    ['version 1 without cache', { usage: 16_510_976, stats: { total_inactive_file: 0 } }, 16_510_976],
    ['more cache than use', { usage: 10, stats: { inactive_file: 20 } }, 0],
    ['a container that has just ended', {}, 0],
    ['an engine without memory accounting', undefined, 0],
  ])('of control groups %s has the memory without the file cache', (_which, memory, bytes) => {
    expect(toReading(container, stats(memory, 122_253_693))).toEqual({
      container,
      cpuNs: 122_253_693,
      readAtMs: Date.parse('2026-11-21T08:33:22.959Z'),
      memoryBytes: bytes,
    });
  });

  it('has no CPU time where the engine tells none', () => {
    expect(toReading(container, stats({})).cpuNs).toBe(0);
  });
});
