// Why a DNS policy chose a POP, told from the topology: distances for `nearest`, measured times for `latency`, and whose
// place was looked up, the client's (EDNS Client Subnet, RFC 7871) or its resolver's. `./lab explain dns` asks the
// server itself; this is the short form for tables.

import { type Coordinates, greatCircleKm } from '../net/great-circle.ts';
import type { ClientLocation, Pop, ResolvedTopology } from '../topology/resolved.ts';
import type { SteeringStrategy } from './sample.ts';

export function explainDnsChoice(
  topology: ResolvedTopology,
  client: ClientLocation,
  strategy: SteeringStrategy,
  popName: string,
  bestPop: string | null,
  oracle: Record<string, number>,
): string {
  const pop = topology.pops.find((each) => each.name === popName);
  const best = topology.pops.find((each) => each.name === bestPop);
  if (!pop) return 'not a POP of the topology';
  const view = viewOf(topology, client);
  if (strategy === 'dns-nearest') return nearestReason(topology, view, pop, best);
  const chosenMs = oracle[popName];
  const bestMs = bestPop === null ? undefined : oracle[bestPop];
  if (popName === bestPop) return `lowest RTT that the POPs measured to ${view.label}`;
  return `lowest RTT that the POPs measured to ${view.label}; the client itself sees ${chosenMs ?? '?'} ms, and ${bestMs ?? '?'} ms to ${best?.city.name ?? 'its best POP'}`;
}

interface View {
  /** Whose place the server sees. */
  label: string;
  /** Undefined when it depends on the site of an anycast resolver. */
  place?: Coordinates;
}

function viewOf(topology: ResolvedTopology, client: ClientLocation): View {
  const resolver = topology.resolvers.find((each) => each.name === client.resolver);
  if (resolver?.sendsClientSubnet) return { label: "the client's prefix (ECS)", place: client.city };
  const nodes = topology.nodes.filter((node) => resolver?.nodes.includes(node.name));
  const [only] = nodes;
  if (nodes.length === 1 && only) {
    const label =
      only.city.name === client.city.name ? 'its ISP resolver' : `its resolver in ${only.city.name}`;
    return { label, place: only.city };
  }
  return {
    label: `the site of the ${client.resolver} resolver that asked (no ECS, so the server cannot see the client)`,
  };
}

function nearestReason(topology: ResolvedTopology, view: View, pop: Pop, best: Pop | undefined): string {
  if (view.place === undefined) return `nearest healthy POP to ${view.label}`;
  const place = view.place;
  const km = (each: Pop) => Math.round(greatCircleKm(place, each.city));
  const closest = topology.pops.toSorted((a, b) => km(a) - km(b))[0];
  if (closest && closest.name !== pop.name) {
    return `${pop.city.name}, ${km(pop)} km from ${view.label}, though ${closest.city.name} is ${km(closest)} km away: unhealthy or a wrong GeoIP record`;
  }
  const rest = best && best.name !== pop.name ? `; ${best.city.name}, ${km(best)} km away, is faster` : '';
  return `nearest to ${view.label}: ${km(pop)} km${rest}`;
}
