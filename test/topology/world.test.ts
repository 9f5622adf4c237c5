// What `world` is for: from policy alone, anycast takes some clients to the wrong POP, as Calder et al. (IMC 2015) measured.

import { describe, expect, it } from 'vitest';
import { predictCatchment } from '../../src/routing/predict-catchment.ts';
import { loadTopology } from '../../src/topology/io/load-topology.ts';

const { topology } = loadTopology('world');

describe('world', () => {
  it('has six POPs, sixteen client locations on six continents, four transits and an IXP', () => {
    expect(topology.pops).toHaveLength(6);
    expect(topology.clients).toHaveLength(16);
    expect(new Set(topology.clients.map((client) => client.city.continent)).size).toBe(6);
    const routers = topology.nodes.filter((node) => node.kind === 'router');
    expect(new Set(routers.map((node) => node.as)).size).toBe(4);
    expect(topology.nodes.filter((node) => node.kind === 'ixp')).toHaveLength(1);
  });

  it.each([4, 6] as const)('misdirects three locations by anycast over IPv%i', (family) => {
    const catchments = predictCatchment(topology, family);
    const misdirected = [...catchments].flatMap(([client, { pop, rttMs = 0, best }]) =>
      best && pop !== best.pop
        ? [{ client, pop, best: best.pop, inflationMs: Math.round(rttMs - best.rttMs) }]
        : [],
    );
    expect(misdirected).toEqual([
      { client: 'bogota', pop: 'pop-sao', best: 'pop-iad', inflationMs: 33 },
      { client: 'buenos-aires', pop: 'pop-iad', best: 'pop-sao', inflationMs: 129 },
      { client: 'mumbai', pop: 'pop-fra', best: 'pop-sin', inflationMs: 92 },
    ]);
  });
});
