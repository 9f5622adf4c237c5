// What each service takes of the machine, from the engine's one-shot statistics (two readings a moment apart).

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerStats } from 'dockerode';
import { LAB_NODE, RELAY_NODE, type ServiceStats } from '../runtime.ts';
import type { LabContainer } from './containers.ts';

const BETWEEN_READINGS_MS = 1000;
/** Engines that know no one-shot statistics take a second for an answer, and for many at once no longer. */
const QUESTIONS = { concurrency: 64 };

interface Reading {
  container: LabContainer;
  cpuNs: number;
  readAtMs: number;
  memoryBytes: number;
}

/** Memory as the engine accounts it: the container's own pages, without the file cache that the kernel may drop. */
export async function serviceStats(docker: Docker, containers: LabContainer[]): Promise<ServiceStats[]> {
  const running = containers.filter(({ state }) => state.Running);
  const before = new Map((await readAll(docker, running)).map((reading) => [reading.container.id, reading]));
  await sleep(BETWEEN_READINGS_MS);
  const after = await readAll(docker, running);
  return after.map(({ container, cpuNs, readAtMs, memoryBytes }) => {
    const first = before.get(container.id);
    const elapsedMs = first ? readAtMs - first.readAtMs : 0;
    return {
      node: container.node === RELAY_NODE ? LAB_NODE : container.node,
      service: container.service ?? 'node',
      // A container that was restarted in between counts from nought again.
      cpuPercent: first && elapsedMs > 0 ? Math.max(0, (100 * (cpuNs - first.cpuNs)) / (elapsedMs * 1e6)) : 0,
      memoryBytes,
    };
  });
}

async function readAll(docker: Docker, containers: LabContainer[]): Promise<Reading[]> {
  const readings = Readable.from(containers).map(async (container: LabContainer) => {
    const stats = (await docker
      .getContainer(container.id)
      .stats({ stream: false, 'one-shot': true })
      .catch(() => undefined)) as ContainerStats | undefined;
    return stats ? [toReading(container, stats)] : [];
  }, QUESTIONS);
  return ((await readings.toArray()) as Reading[][]).flat();
}

/** cgroup v1 has total_inactive_file, v2 inactive_file (docker stats subtracts the same). */
export function toReading(container: LabContainer, stats: ContainerStats): Reading {
  const memory = stats.memory_stats ?? {};
  const details = (memory.stats ?? {}) as unknown as Record<string, number>;
  const cache = details['total_inactive_file'] ?? details['inactive_file'] ?? 0;
  return {
    container,
    cpuNs: stats.cpu_stats?.cpu_usage?.total_usage ?? 0,
    readAtMs: Date.parse(stats.read),
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
  };
}
