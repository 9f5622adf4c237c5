// A small Internet with every situation that decides a catchment: customer before peer, route server, hot potato, a
// router id tie, and a POP behind a single transit.

import type { ResolvedTopology } from '../../../src/topology/resolved.ts';
import { buildTopology, type Sketch } from './build-topology.ts';

export const CROSSROADS: Sketch = {
  transits: {
    t1: {
      asn: 64496,
      routers: ['lon', 'fra', 'iad', 'mia'],
      links: [
        ['lon', 'fra', 6.5],
        ['lon', 'iad', 37],
        ['iad', 'mia', 12],
        ['fra', 'iad', 43],
      ],
    },
    t2: {
      asn: 64497,
      routers: ['lon', 'fra', 'iad'],
      links: [
        ['lon', 'fra', 6.5],
        ['lon', 'iad', 37],
      ],
    },
    t3: {
      asn: 64498,
      routers: ['mia', 'gru', 'bog'],
      links: [
        ['mia', 'gru', 59],
        ['gru', 'bog', 60],
        ['mia', 'bog', 24],
      ],
    },
  },
  interconnects: [
    ['t1-lon', 't2-lon', 'peer', 0.2],
    ['t1-iad', 't2-iad', 'peer', 0.2],
    ['t1-mia', 't3-mia', 'peer', 0.2],
  ],
  pops: {
    fra: { providers: ['t1-fra', 't2-fra'] },
    iad: { providers: ['t1-iad'] },
    gru: { providers: ['t3-gru'] },
  },
  clients: {
    london: { providers: ['t1-lon', 't2-lon'] },
    miami: { providers: ['t1-mia'] },
    bogota: { providers: ['t3-bog'] },
    recife: { providers: ['t1-mia', 't3-gru'], delayMs: 30 },
  },
  ixp: { name: 'ix-lon', members: ['t1-lon', 'isp-london', 'pop-fra'] },
  bfd: true,
};

export function crossroads(): ResolvedTopology {
  return buildTopology(CROSSROADS);
}
