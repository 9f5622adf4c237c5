// The shell script that builds a lab's nodes and links: network namespaces, veth pairs, addresses, routes. One shell
// runs it all, with one `ip -batch` for namespaces and links and one per node, because a process per command costs
// 20 ms a node and this costs 4 (docs/performance.md). Pure: the supervisor runs what this returns.

import { hereDocument, type NamespacedCommand } from '../../shaping/commands.ts';
import { initialFrameSizeCommands, relayLinkCommands, vethCommands } from '../../shaping/link-commands.ts';
import type { LabPlan, PlannedNode } from '../lab-plan.ts';
import { nodeCommands } from '../node-commands.ts';
import { RELAY_NODE } from '../runtime.ts';
import { namespacedScript } from './namespaced-script.ts';

/** `relay`: each link end is a veth pair to the relay's namespace; `direct`: one veth pair from node to node. */
export type LinkTransport = 'relay' | 'direct';

export function plumbingScript(plan: Pick<LabPlan, 'nodes' | 'links'>, transport: LinkTransport): string {
  const relay = transport === 'relay';
  const namespaces = [...plan.nodes.map((node) => node.name), ...(relay ? [RELAY_NODE] : [])];
  const ownName = (node: string) => node;
  const links = plan.links.flatMap((link, index) =>
    relay ? relayLinkCommands(index, link, ownName, RELAY_NODE) : vethCommands(link, ownName),
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
