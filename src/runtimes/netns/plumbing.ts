// The shell script that builds a lab's nodes and links: network namespaces, veth pairs, addresses, routes. One shell
// runs it all, with one `ip -batch` for namespaces and links and one per node, because a process per command costs
// 20 ms a node and this costs 4 (docs/performance.md). Pure: the supervisor runs what this returns.

import type { NamespacedCommand } from '../../shaping/commands.ts';
import { initialFrameSizeCommands, relayLinkCommands, vethCommands } from '../../shaping/link-commands.ts';
import type { LabPlan, PlannedNode } from '../lab-plan.ts';
import { hereDocument, namespacedScript, RELAY_NAMESPACE } from './namespaced-script.ts';

/** `relay`: each link end is a veth pair to the relay's namespace; `direct`: one veth pair from node to node. */
export type LinkTransport = 'relay' | 'direct';

export function plumbingScript(plan: Pick<LabPlan, 'nodes' | 'links'>, transport: LinkTransport): string {
  const relay = transport === 'relay';
  const namespaces = [...plan.nodes.map((node) => node.name), ...(relay ? [RELAY_NAMESPACE] : [])];
  const ownName = (node: string) => node;
  const links = plan.links.flatMap((link, index) =>
    relay ? relayLinkCommands(index, link, ownName, RELAY_NAMESPACE) : vethCommands(link, ownName),
  );
  return [
    'set -e',
    namespacedScript([...namespaces.map(addNamespace), ...links]),
    ...plan.nodes.map(nodeScript),
    namespacedScript(plan.links.flatMap(initialFrameSizeCommands)),
    '',
  ].join('\n');
}

function addNamespace(name: string): NamespacedCommand {
  return { program: 'ip', argv: ['netns', 'add', name] };
}

/** Sysctls, then addresses and routes, of one node. The shell is replaced by `ip`, so a node costs two execs. */
function nodeScript(node: PlannedNode): string {
  const forwarding = node.forwarding
    ? 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; '
    : '';
  // Traceroute and the RTT probes want every answer, not one a second. Over IPv4 by the mask: a rate limit of 0 would
  // empty, with every answer, the bucket from which the kernel pays for its `unreachable`s (ip_error in its route.c).
  const noRateLimits =
    'echo 0 >/proc/sys/net/ipv4/icmp_ratemask; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit; ';
  return hereDocument(
    `nsenter --net=/run/netns/${node.name} sh -c '${forwarding}${noRateLimits}exec ip -batch -'`,
    nodeCommands(node).join('\n'),
  );
}

/** The `ip -batch` lines of one node. */
export function nodeCommands(node: PlannedNode): string[] {
  const bridge = node.bridge;
  return [
    'link set dev lo up',
    ...node.loopbackAddresses.map((address) => addressLine(address, 'lo')),
    ...(bridge ? [`link add ${bridge.name} type bridge`, ...raise(bridge.name)] : []),
    ...(bridge?.addresses.map((address) => addressLine(address, bridge.name)) ?? []),
    ...node.interfaces.flatMap((_, index) => interfaceCommands(node, index)),
    ...gatewayCommands(node),
  ];
}

/**
 * Also what brings an interface back after it was down, since that takes IPv6 addresses and neighbours away. No duplicate address
 * detection anywhere: a tentative link-local address would hold Babel and BGP back by a second. The kernel's own
 * link-local address cannot skip it, so it is switched off; the plan gives one (RFC 4291 section 2.5.6).
 */
export function interfaceCommands(node: PlannedNode, index: number): string[] {
  const port = node.interfaces[index];
  if (!port) return [];
  const mac = `link set dev ${port.name} address ${port.mac}`;
  if (node.bridge) return [mac, `link set dev ${port.name} master ${node.bridge.name}`, ...raise(port.name)];
  const neighbours = port.neighbour?.addresses.map(
    (address) => `neigh replace ${address} lladdr ${port.neighbour?.mac} dev ${port.name} nud permanent`,
  );
  return [
    mac,
    ...raise(port.name),
    ...port.addresses.map((address) => addressLine(address, port.name)),
    ...(neighbours ?? []),
  ];
}

export function gatewayCommands(node: PlannedNode): string[] {
  if (!node.defaultGateway) return [];
  return [
    `route replace default via ${node.defaultGateway.ipv4}`,
    `route replace default via ${node.defaultGateway.ipv6}`,
  ];
}

/** In this order: an interface that is up before it is told not to has made itself an address. */
function raise(device: string): string[] {
  return [`link set dev ${device} addrgenmode none`, `link set dev ${device} up`];
}

function addressLine(address: string, device: string): string {
  return `addr replace ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}
