// Which POP anycast takes each client to, computed from the topology: path, planned RTT, the POP that would have been
// best, and why BGP chose another. Measured catchments have to agree with this.

import type { ResolvedTopology } from '../topology/resolved.ts';
import type { DecisionStep } from './bgp-decision.ts';
import { explainCatchment } from './explain-catchment.ts';
import { Forwarding, followPath, type LabFamily, roundTrip, settledRoutes } from './predict-path.ts';
import type { PredictionOptions } from './predict-routes.ts';

export { plannedRttMs, predictPath } from './predict-path.ts';
export { predictRoutes } from './predict-routes.ts';

export interface CatchmentOptions extends PredictionOptions {
  /** Which anycast address: that of the edges (default) or of the name servers. */
  service?: 'http' | 'dns';
}

export interface PredictedCatchment {
  /** POP that anycast reaches; undefined when none. */
  pop: string | undefined;
  /** Nodes from client to POP. */
  path: string[];
  links: string[];
  /** As the client's access router holds it: its upstream first. */
  asPath: number[];
  /** Planned round trip over anycast, forward and reverse paths. */
  rttMs: number | undefined;
  /** The POP with the lowest planned RTT to its unicast address, and that RTT. */
  best: { pop: string; rttMs: number } | undefined;
  /** One sentence. */
  explanation: string;
  /** The step of BGP's decision that kept the client from its best POP, and where it was taken. */
  decidedBy?: { router: string; step: DecisionStep };
}

const SAME_RTT_MS = 0.001; // POPs this close are equally good: planned delays have no noise

export function predictCatchment(
  topology: ResolvedTopology,
  family: LabFamily = 4,
  options: CatchmentOptions = {},
): Map<string, PredictedCatchment> {
  const forwarding = new Forwarding(settledRoutes(topology, options));
  const key = family === 4 ? 'ipv4' : 'ipv6';
  const { address, prefix } = topology.anycast[options.service ?? 'http'];
  const rib = forwarding.routes.ribs.get(prefix.ipv4)?.byNode ?? new Map();
  const popNames = new Set(topology.pops.map((pop) => pop.name));
  const catchments = new Map<string, PredictedCatchment>();
  for (const client of topology.clients) {
    const trip = roundTrip(forwarding, client.name, address[key], family);
    const forward = trip?.forward ?? followPath(forwarding, client.name, address[key]);
    const end = forward.nodes.at(-1) ?? '';
    const pop = forward.reached && popNames.has(end) ? end : undefined;
    const best = topology.pops
      .map(({ name, edge }) => ({
        pop: name,
        rttMs: roundTrip(forwarding, client.name, edge[key], family)?.rttMs,
      }))
      .filter((candidate): candidate is { pop: string; rttMs: number } => candidate.rttMs !== undefined)
      .sort((a, b) => a.rttMs - b.rttMs)[0];
    const asPath = rib.get(client.accessNode)?.best.asPath ?? [];
    const found = { pop, path: forward.nodes, links: forward.links, asPath, rttMs: trip?.rttMs, best };
    if (pop === undefined) {
      const explanation = `no anycast route: ${end} has nowhere to send it (${forward.failure ?? 'not a POP'})`;
      catchments.set(client.name, { ...found, explanation });
    } else if (!best || best.pop === pop || (trip && trip.rttMs <= best.rttMs + SAME_RTT_MS)) {
      catchments.set(client.name, { ...found, explanation: `${pop} is the best POP` });
    } else {
      const { sentence, router, step } = explainCatchment(forwarding, forward.nodes, rib, pop, best.pop);
      const decidedBy = router && step ? { router, step } : undefined;
      catchments.set(client.name, { ...found, explanation: sentence, decidedBy });
    }
  }
  return catchments;
}
