// The RTT that a request should see, for the fidelity of a comparison: the delays along the predicted forward and reverse
// paths, as the links are now (`./lab link` changes them) and with what is failed now out of the way.

import {
  destinationAddress,
  Forwarding,
  type LabFamily,
  roundTrip,
  settledRoutes,
} from '../routing/predict-path.ts';
import type { PredictionOptions } from '../routing/predict-routes.ts';
import type { LabStatus } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';

export type PlannedRtt = (client: string, target: string) => number | undefined;

export function plannedRtts(topology: ResolvedTopology, status: LabStatus, family: LabFamily): PlannedRtt {
  const forwarding = new Forwarding(settledRoutes(topology, failuresOf(status)));
  const delays = new Map(
    status.links.map((link) => [link.name, (link.aToB.delayMs + link.bToA.delayMs) / 2]),
  );
  const known = new Map<string, number | undefined>();
  return (client, target) => {
    const key = `${client} ${target}`;
    if (!known.has(key)) {
      const trip = roundTrip(forwarding, client, destinationAddress(topology, target, family), family);
      const links = trip && [...trip.forward.links, ...trip.reverse.links];
      known.set(
        key,
        links?.reduce((sum, link) => sum + (delays.get(link) ?? 0), 0),
      );
    }
    return known.get(key);
  };
}

/** What `./lab fail` and `./lab link --down` have taken out, as routing will see it once all timers have run out. */
export function failuresOf(status: LabStatus): PredictionOptions {
  const failed = status.nodes
    .filter((node) => node.failed && node.failed !== 'drain')
    .map((node) => node.name);
  const withdrawn = status.pops
    .filter((pop) => !pop.announced.includes('anycast-http'))
    .map((pop) => pop.name);
  return {
    failedNodes: failed,
    failedLinks: status.links.filter((link) => link.state !== 'up').map((link) => link.name),
    withdrawn: withdrawn.filter((name) => !failed.includes(name)),
  };
}
