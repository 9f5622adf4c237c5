// The shell script that builds a lab's nodes and links: network namespaces, veth pairs or relay links, addresses,
// routes. One shell runs it all, with one `ip -batch` for links and one per node, because a process per command
// costs 20 ms a node and this costs 4 (docs/performance.md). Pure: the supervisor runs what this returns.

import { relayLinkCommands } from '../../shaping/relay-links.ts';
import type { LabPlan, PlannedNode } from '../lab-plan.ts';

/** `relay`: links are VXLAN devices through the relay; `veth`: plain veth pairs, shaped afterwards or not at all. */
export type LinkTransport = 'relay' | 'veth';

export function plumbingScript(plan: Pick<LabPlan, 'nodes' | 'links'>, transport: LinkTransport): string {
  const links =
    transport === 'relay'
      ? plan.links.flatMap((link, index) => relayLinkCommands(index, link))
      : plan.links.map(
          ({ a, b }) =>
            `link add ${a.interface} netns ${a.node} type veth peer name ${b.interface} netns ${b.node}`,
        );
  return [
    'set -e',
    batch('ip -batch -', [...plan.nodes.map((node) => `netns add ${node.name}`), ...links]),
    ...plan.nodes.map((node) => nodeScript(node)),
    '',
  ].join('\n');
}

/** Sysctls, then addresses and routes, of one node. The shell is replaced by `ip`, so a node costs two execs. */
function nodeScript(node: PlannedNode): string {
  const sysctls = node.forwarding
    ? 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; '
    : '';
  // Hash multipath on ports too, and answer traceroute and RTT probes without the ICMP and RST rate limits.
  const shared = 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit; ';
  return batch(
    `nsenter --net=/run/netns/${node.name} sh -c '${sysctls}${shared}exec ip -batch -'`,
    nodeCommands(node),
  );
}

/** The `ip -batch` lines of one node: also what brings it back after its links were down (IPv6 addresses go then). */
export function nodeCommands(node: PlannedNode): string[] {
  const lines = [
    'link set dev lo up',
    ...node.loopbackAddresses.map((address) => addressLine(address, 'lo')),
  ];
  if (node.bridge) {
    lines.push(
      `link add ${node.bridge.name} type bridge`,
      ...raise(node.bridge.name),
      ...node.bridge.addresses.map((address) => addressLine(address, node.bridge?.name ?? '')),
    );
  }
  return [
    ...lines,
    ...node.interfaces.flatMap((_, index) => interfaceCommands(node, index)),
    ...gatewayCommands(node),
  ];
}

/**
 * No duplicate address detection anywhere: a tentative link-local address would hold OSPFv3 and BGP back by a second.
 * The kernel's own link-local address cannot skip it, so it is switched off; the plan gives one (RFC 4291 section 2.5.6).
 */
export function interfaceCommands(node: PlannedNode, index: number): string[] {
  const port = node.interfaces[index];
  if (!port) return [];
  if (node.bridge) return [`link set dev ${port.name} master ${node.bridge.name}`, ...raise(port.name)];
  return [...raise(port.name), ...port.addresses.map((address) => addressLine(address, port.name))];
}

export function gatewayCommands(node: PlannedNode): string[] {
  if (!node.defaultGateway) return [];
  return [
    `route replace default via ${node.defaultGateway.ipv4}`,
    `route replace default via ${node.defaultGateway.ipv6}`,
  ];
}

/** Two lines, in this order: in one, a VXLAN device is up before it is told to make no address of its own. */
function raise(device: string): string[] {
  return [`link set dev ${device} addrgenmode none`, `link set dev ${device} up`];
}

function addressLine(address: string, device: string): string {
  return `addr replace ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}

function batch(command: string, lines: string[]): string {
  return `${command} <<'EOF'\n${lines.join('\n')}\nEOF`;
}
