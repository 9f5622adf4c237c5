// unbound.conf of a recursive resolver: an ISP's or one site of the public one.

import type { ResolvedTopology, Resolver } from '../../topology/resolved.ts';
import { nameServers, ROOT_SERVER } from '../names.ts';

export function unboundConfig(topology: ResolvedTopology, resolver: Resolver, node: string): string {
  const egress = resolver.egress[resolver.nodes.indexOf(node)] ?? resolver.address;
  const allowed = topology.clients.flatMap(({ prefix }) => [prefix.ipv4, prefix.ipv6]);
  const server = {
    'do-daemonize': 'no',
    'use-syslog': 'no',
    'log-time-ascii': 'yes',
    verbosity: '0',
    username: '""',
    chroot: '""',
    pidfile: '""',
    directory: '"/"',
    // A resolver of one city on a shared machine: one thread, small tables.
    'num-threads': '1',
    'outgoing-range': '128',
    'num-queries-per-thread': '64',
    'msg-cache-size': '1m',
    'rrset-cache-size': '2m',
    'key-cache-size': '64k',
    'neg-cache-size': '64k',
    'infra-cache-numhosts': '64',
    'module-config': resolver.sendsClientSubnet ? '"subnetcache iterator"' : '"iterator"',
    'root-hints': '"{lab}/root.hints"',
    // The lab's root is not signed: no validator above; unbound's own answers for special names give way.
    'unblock-lan-zones': 'yes',
    'insecure-lan-zones': 'yes',
    'local-zone': '"test." nodefault',
    'edns-buffer-size': '1232',
    'minimal-responses': 'yes',
    'serve-expired': resolver.serveExpired ? 'yes' : 'no',
  };
  const lines = [
    `# Generated from the topology by deployment/service-configs/unbound.ts: resolver ${resolver.name} on ${node}`,
    'server:',
    ...Object.entries(server).map(([option, value]) => `  ${option}: ${value}`),
    ...[resolver.address.ipv4, resolver.address.ipv6].map((address) => `  interface: ${address}`),
    // Asking from the unicast address brings the answer back to this site and not to a nearer one.
    ...[egress.ipv4, egress.ipv6].map((address) => `  outgoing-interface: ${address}`),
    ...allowed.map((prefix) => `  access-control: ${prefix} allow`),
    ...(resolver.sendsClientSubnet ? clientSubnet(topology) : []),
    'remote-control:',
    '  control-enable: yes',
    '  control-interface: {run}/unbound.ctl',
    '  control-use-cert: no',
    '',
  ];
  return lines.join('\n');
}

/** ECS (RFC 7871) to the CDN's name servers only, as public resolvers do. */
function clientSubnet(topology: ResolvedTopology): string[] {
  return [
    ...nameServers(topology)
      .flatMap((server) => [server.ipv4, server.ipv6])
      .map((address) => `  send-client-subnet: ${address}`),
    '  max-client-subnet-ipv4: 24',
    '  max-client-subnet-ipv6: 48',
  ];
}

export function rootHints(topology: ResolvedTopology): string {
  const { ipv4, ipv6 } = topology.root.address;
  return [
    '; Generated from the topology by deployment/service-configs/unbound.ts',
    `. 86400 NS ${ROOT_SERVER}.`,
    `${ROOT_SERVER}. 86400 A ${ipv4}`,
    `${ROOT_SERVER}. 86400 AAAA ${ipv6}`,
    '',
  ].join('\n');
}
