// The experiments with real origins and edges in this process, for a moment each: the tables are whole, and the effects
// that need no clock are there.

import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseEdgeConfig } from '../../src/edge/config.ts';
import { startEdge } from '../../src/edge/io/start-edge.ts';
import { EXPERIMENTS } from '../../src/load/experiments/all.ts';
import type { ExperimentTools, RunningService } from '../../src/load/experiments/experiment.ts';
import { originConfig } from '../../src/load/experiments/origin-config.ts';
import { runLoad } from '../../src/load/io/run-load.ts';
import { parseOriginConfig } from '../../src/origin/config.ts';
import { startOrigin } from '../../src/origin/io/start-origin.ts';

const LOOPBACK = { address: '127.0.0.1', port: 0 };
const running = new Set<RunningService>();
afterEach(async () => {
  for (const service of running) await service.stop();
});

function service(
  addresses: AddressInfo[],
  adminAddress: AddressInfo | undefined,
  close: () => Promise<void>,
): RunningService {
  const port = addresses[0]?.port ?? 0;
  const started: RunningService = {
    target: { address: '127.0.0.1', port, host: `127.0.0.1:${port}` },
    state: async (path) =>
      (await (await fetch(`http://127.0.0.1:${adminAddress?.port}${path}`)).json()) as Record<
        string,
        unknown
      >,
    stop: async () => {
      if (running.delete(started)) await close();
    },
  };
  running.add(started);
  return started;
}

const tools = (durationMs: number): ExperimentTools => ({
  origin: async (config = {}) => {
    const text = JSON.stringify({ listen: [LOOPBACK], admin: LOOPBACK, ...config });
    const { addresses, adminAddress, close } = await startOrigin(parseOriginConfig(text, 'test'));
    return service(addresses, adminAddress, close);
  },
  edge: async (pop, { origins, ...config }) => {
    const text = JSON.stringify({
      listen: [LOOPBACK],
      admin: LOOPBACK,
      pop,
      ...originConfig(origins),
      ...config,
    });
    const { addresses, adminAddress, close } = await startEdge(parseEdgeConfig(text, 'test'));
    return service(addresses, adminAddress, close);
  },
  load: (plan) => runLoad(plan),
  stop: async (...services) => {
    for (const each of services) await each.stop();
  },
  durationMs: () => durationMs,
  say: () => {},
});

describe.each(Object.entries(EXPERIMENTS))('%s', (name, experiment) => {
  it('gives a whole table', async () => {
    const table = await experiment(tools(name === 'cache-lock' ? 600 : 60));
    expect(table.rows.length).toBeGreaterThan(2);
    for (const row of table.rows) {
      expect(row).toHaveLength(table.columns.length);
      expect(row.join(' ')).not.toMatch(/NaN|undefined/);
    }
    expect(table.reading.join(' ')).not.toMatch(/NaN|undefined|Infinity/);
    if (name === 'cache-lock') {
      const [off, on] = table.rows.map((row) => Number(row[2]));
      expect(on).toBeLessThanOrEqual(3);
      expect(off).toBeGreaterThan(10 * (on ?? 0));
    }
  });
});
