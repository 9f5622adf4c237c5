// The GeoIP database of the lab's Internet, from the topology: where each client prefix is, and each resolver (so that
// a resolver without ECS is located too). A stated share of client prefixes is put in a wrong city, as in life.

import { buildGeoDatabase } from '../geoip/build-database.ts';
import type { City, ResolvedTopology } from '../topology/resolved.ts';

export function geoipDatabase(topology: ResolvedTopology): Uint8Array {
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  const entry = (location: string, prefix: string, city: City, asn: number) => ({
    location,
    prefix,
    city,
    asn,
  });
  const clients = topology.clients.flatMap((client) => [
    entry(client.name, client.prefix.ipv4, client.city, client.accessAsn),
    entry(client.name, client.prefix.ipv6, client.city, client.accessAsn),
  ]);
  const resolvers = topology.resolvers.flatMap((resolver) =>
    resolver.nodes.flatMap((name, index) => {
      const node = nodes.get(name);
      const egress = resolver.egress[index];
      if (!node || !egress || node.kind === 'access') return []; // an ISP's resolver is in its clients' prefix
      return [
        entry(name, `${egress.ipv4}/32`, node.city, node.asn),
        entry(name, `${egress.ipv6}/128`, node.city, node.asn),
      ];
    }),
  );
  return buildGeoDatabase([...clients, ...resolvers], {
    errorShare: topology.steering.geoipErrorShare,
    seed: topology.seed,
  }).bytes;
}
