// The lab's DNS names, in one place: zones, name servers, the CDN's names and the reverse names that make
// traceroute readable. No trailing dots here; the zone files add them.

import { CDN_ZONE } from '../topology/cdn-zone.ts';
import type { LabNode, ResolvedTopology } from '../topology/resolved.ts';

export const ROOT_SERVER = 'a.root-servers.test';

/** What a client asks for under each strategy; every name also answers for any label below it (a cold resolver). */
export const STEERED_NAMES = ['www', 'nearest', 'latency', 'anycast'] as const;

export interface NameServer {
  name: string;
  ipv4: string;
  ipv6: string;
}

/**
 * ns1 on the anycast DNS prefix, then the unicast ones. `mixed` keeps resolution alive whatever a POP's silent death
 * does to one of them, so that an experiment on steering does not measure resolver failure.
 */
export function nameServers(topology: ResolvedTopology): NameServer[] {
  const { nameServers: mode, unicastNameServerPops } = topology.steering;
  const anycast = mode === 'unicast' ? [] : [topology.anycast.dns.address];
  const unicast =
    mode === 'anycast'
      ? []
      : topology.pops.filter((pop) => unicastNameServerPops.includes(pop.name)).map((pop) => pop.dns);
  return [...anycast, ...unicast].map((address, index) => ({
    name: `ns${index + 1}.${CDN_ZONE}`,
    ...address,
  }));
}

/** `t1-fra.frankfurt.net.test`: the node and its city, for traceroute. */
export function reverseName(node: LabNode): string {
  const city = node.city.name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return `${node.name}.${city}.net.test`;
}
