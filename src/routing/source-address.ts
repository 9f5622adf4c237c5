// The address a node speaks from: one that the rest of the lab has a route to. Links are numbered from a range that no
// network announces, so a packet sourced from a link would never be answered from afar.

import type { DualStack, ResolvedTopology } from '../topology/resolved.ts';

/** Loopback for transit routers (their probes' answers name them), else the unicast service address of the node. */
export function sourceAddress(topology: ResolvedTopology, nodeName: string): DualStack {
  const node = topology.nodes.find((candidate) => candidate.name === nodeName);
  if (!node) throw new TypeError(`no node ${nodeName}`);
  if (nodeName === topology.origin.node) return topology.origin.address;
  if (nodeName === topology.root.node) return topology.root.address;
  const pop = topology.pops.find((candidate) => candidate.name === nodeName);
  if (pop) return pop.edge;
  const client = topology.clients.find((candidate) => candidate.name === nodeName);
  if (client) return client.address;
  for (const resolver of topology.resolvers) {
    const egress = resolver.egress[resolver.nodes.indexOf(nodeName)];
    if (egress) return egress;
  }
  return (node.kind === 'access' ? node.serviceAddresses[0] : undefined) ?? node.loopback;
}
