// Zone files of the lab's DNS tree (RFC 1035 section 5): the root, `test.`, the CDN's zone and the reverse zones.
// Serial numbers are constant: the same topology gives the same bytes.

import { parseAddress } from '../../net/ip-address.ts';
import { CDN_ZONE } from '../../topology/cdn-zone.ts';
import type { ResolvedTopology } from '../../topology/resolved.ts';
import { nameServers, ROOT_SERVER, reverseName } from '../names.ts';

/** File name to zone text, for the root node's server. */
export function rootZones(topology: ResolvedTopology): Record<string, string> {
  const { ipv4, ipv6 } = topology.root.address;
  const glue = [`${ROOT_SERVER}. A ${ipv4}`, `${ROOT_SERVER}. AAAA ${ipv6}`];
  const servers = nameServers(topology);
  return {
    'root.zone': zone('.', ROOT_SERVER, 86400, [`test. NS ${ROOT_SERVER}.`, ...glue]),
    'test.zone': zone('test.', ROOT_SERVER, 3600, [
      ...glue,
      ...servers.flatMap((server) => [
        `${CDN_ZONE}. NS ${server.name}.`,
        `${server.name}. A ${server.ipv4}`,
        `${server.name}. AAAA ${server.ipv6}`,
      ]),
      ...topology.nodes.flatMap((node) => [
        `${reverseName(node)}. A ${node.loopback.ipv4}`,
        `${reverseName(node)}. AAAA ${node.loopback.ipv6}`,
      ]),
    ]),
    'in-addr.arpa.zone': zone('in-addr.arpa.', ROOT_SERVER, 3600, pointers(topology, 4)),
    'ip6.arpa.zone': zone('ip6.arpa.', ROOT_SERVER, 3600, pointers(topology, 6)),
  };
}

/** The CDN's zone without the steered names, which the GeoDNS server answers by policy. */
export function cdnZone(topology: ResolvedTopology): string {
  const servers = nameServers(topology);
  const { origin, steering } = topology;
  return zone(`${CDN_ZONE}.`, servers[0]?.name ?? ROOT_SERVER, steering.ttlSeconds, [
    ...servers.slice(1).map((server) => `@ NS ${server.name}.`),
    ...servers.flatMap((server) => [
      `${server.name}. A ${server.ipv4}`,
      `${server.name}. AAAA ${server.ipv6}`,
    ]),
    `origin A ${origin.address.ipv4}`,
    `origin AAAA ${origin.address.ipv6}`,
    ...topology.pops.flatMap((pop) => [
      `${pop.code} A ${pop.edge.ipv4}`,
      `${pop.code} AAAA ${pop.edge.ipv6}`,
    ]),
  ]);
}

function zone(origin: string, primary: string, ttlSeconds: number, records: string[]): string {
  return [
    `; Generated from the topology by deployment/service-configs/zones.ts`,
    `$ORIGIN ${origin}`,
    `$TTL ${ttlSeconds}`,
    // The minimum (negative TTL, RFC 2308) is short so that a name that appears is seen soon.
    `@ SOA ${primary}. hostmaster.${CDN_ZONE}. 1 7200 3600 1209600 10`,
    `@ NS ${primary}.`,
    ...records,
    '',
  ].join('\n');
}

/** One PTR for every address of every node: the node's name with its city in it. */
function pointers(topology: ResolvedTopology, family: 4 | 6): string[] {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const node of topology.nodes) {
    const key = family === 4 ? 'ipv4' : 'ipv6';
    const addresses = [
      node.loopback[key],
      ...node.serviceAddresses.map((address) => address[key]),
      ...node.interfaces.flatMap((port) => (port.addresses ? [port.addresses[key].split('/')[0] ?? ''] : [])),
    ];
    for (const address of addresses) {
      // Anycast addresses sit on every POP: the first would name them all.
      if (seen.has(address) || isAnycast(topology, address)) continue;
      seen.add(address);
      lines.push(`${reverseOwner(address)} PTR ${reverseName(node)}.`);
    }
  }
  lines.push(
    `${reverseOwner(topology.anycast.http.address[family === 4 ? 'ipv4' : 'ipv6'])} PTR anycast.${CDN_ZONE}.`,
  );
  return lines;
}

function isAnycast(topology: ResolvedTopology, address: string): boolean {
  const { http, dns } = topology.anycast;
  return [http.address.ipv4, http.address.ipv6, dns.address.ipv4, dns.address.ipv6].includes(address);
}

/** Owner name of an address's PTR record: RFC 1035 section 3.5, RFC 3596 section 2.5. */
export function reverseOwner(address: string): string {
  const bytes = parseAddress(address);
  if (!bytes) throw new TypeError(`not an IP address: ${address}`);
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}.in-addr.arpa.`;
  const nibbles = [...bytes].flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
  return `${nibbles.reverse().join('.')}.ip6.arpa.`;
}
