// What makes a node out of a network namespace that has its interfaces: addresses, neighbours, routes, as lines for
// `ip -batch`. The same in a namespace of the lab's own and in a container's. Pure.

import type { PlannedNode } from './lab-plan.ts';

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
