// The start of a node's own container, which owns the node's network namespace: takes the interfaces that Docker made (found
// by the address that Docker gave them, never by ethN), makes the node's links of them, closes every other way out, and
// stays. Services wait for the file `plumbed`. Generated per node and mounted, so that it can be read and run by hand.

import { batches, hereDocument, type NamespacedCommand } from '../../shaping/commands.ts';
import { initialFrameSizeCommands, underlayVni, vxlanEndCommands } from '../../shaping/link-commands.ts';
import { netemCommands } from '../../shaping/netem-commands.ts';
import { VXLAN_PORT } from '../../shaping/relay/vxlan-header.ts';
import type { LabPlan, PlannedLink, PlannedNode, Shaping } from '../lab-plan.ts';
import { nodeCommands } from '../node-commands.ts';
import { RELAY_NODE } from '../runtime.ts';
import type { AddressPlan } from './address-plan.ts';
import { PLUMBED_FILE, RUN_PATH } from './container-paths.ts';
import { linkGuard, nodeGuard, relayGuard } from './guard-commands.ts';

/**
 * The interface on the underlay, as the shell knows it. It keeps the name that Docker gave it, or Docker could not take it back
 * when the container ends: it would stay until the kernel has forgotten the namespace, a minute or two.
 */
const DEVICE = '$device';

/** The scripts of all nodes by name, and the relay's where there is one. */
export function nodeScripts(
  plan: Pick<LabPlan, 'nodes' | 'links'>,
  shaping: Exclude<Shaping, 'auto'>,
  addresses: AddressPlan,
): Map<string, string> {
  const links = Map.groupBy(
    plan.links.flatMap((link, index) => [
      { node: link.a.node, link, index, side: 'a' as const },
      { node: link.b.node, link, index, side: 'b' as const },
    ]),
    ({ node }) => node,
  );
  const scripts = new Map(
    plan.nodes.map((node, index) => {
      const ends = links.get(node.name) ?? [];
      const transport =
        shaping === 'relay'
          ? underlayScript(addresses.nodeAddress(index), addresses.relay, ends)
          : linkNetworksScript(addresses, ends);
      return [
        node.name,
        script(node.name, [...transport, ...nodeLines(node), ...shapingLines(node.name, ends, shaping)]),
      ];
    }),
  );
  if (shaping === 'relay') scripts.set(RELAY_NODE, script(RELAY_NODE, relayScript(addresses.relay)));
  return scripts;
}

/** Sysctls of a node's namespace: Compose sets them, /proc/sys being read-only inside (why each: netns/plumbing.ts). */
export function nodeSysctls(node?: Pick<PlannedNode, 'forwarding'>): Record<string, string> {
  // Docker switches IPv6 off where its own networks have none.
  const ipv6 = { 'net.ipv6.conf.all.disable_ipv6': '0', 'net.ipv6.conf.default.disable_ipv6': '0' };
  if (!node) return {};
  return {
    ...ipv6,
    'net.ipv4.ip_forward': node.forwarding ? '1' : '0',
    'net.ipv6.conf.all.forwarding': node.forwarding ? '1' : '0',
    'net.ipv4.icmp_ratemask': '0',
    'net.ipv6.icmp.ratelimit': '0',
    // Services listen on ports 53 and 80 as ordinary users.
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
  };
}

interface LinkEnd {
  link: PlannedLink;
  index: number;
  side: 'a' | 'b';
}

function underlayScript(local: string, relay: string, ends: LinkEnd[]): string[] {
  const vxlan = ends.flatMap(({ link, index, side }) =>
    vxlanEndCommands(
      { ...link[side], vni: underlayVni(index, side) },
      { local, remote: relay, port: VXLAN_PORT },
    ),
  );
  return [
    `device=$(device_with ${local})`,
    `ip link set dev ${DEVICE} down`,
    `ip address flush dev ${DEVICE}`,
    batchOnDevice('tc', nodeGuard(DEVICE, relay)),
    batchOnDevice('ip', [
      `link set dev ${DEVICE} addrgenmode none`,
      `address replace ${local}/32 dev ${DEVICE}`,
      `link set dev ${DEVICE} mtu 1600 up`,
      `route replace ${relay}/32 dev ${DEVICE} src ${local}`,
    ]),
    ...commandLines(vxlan),
  ];
}

function relayScript(local: string): string[] {
  return [
    // It keeps Docker's address and its route to the nodes, and nothing else.
    `device=$(device_with ${local})`,
    'ip route delete default 2>/dev/null || true',
    batchOnDevice('tc', relayGuard(DEVICE)),
  ];
}

function linkNetworksScript(addresses: AddressPlan, ends: LinkEnd[]): string[] {
  return ends.flatMap(({ link, index, side }) => [
    ...takeDevice(addresses.link(index)[side], link[side].interface),
    batch('tc', linkGuard(link[side].interface)),
  ]);
}

/** Renames the interface and takes from it whatever Docker gave it: addresses and, with them, routes. */
function takeDevice(address: string, name: string): string[] {
  // A line each: `set -e` passes over what fails on the left of an `&&`.
  return [
    `device=$(device_with ${address})`,
    'ip link set dev "$device" down',
    `ip link set dev "$device" name ${name}`,
    // Docker's own name stays as a second one: without it the engine finds no interface and tells no statistics at all.
    `ip link property add dev ${name} altname "$device"`,
    `ip address flush dev ${name}`,
  ];
}

function nodeLines(node: PlannedNode): string[] {
  return [batch('ip', nodeCommands(node))];
}

/** On the relay's links the frame size is set once and for all, and the relay shapes. */
function shapingLines(node: string, ends: LinkEnd[], shaping: Exclude<Shaping, 'auto'>): string[] {
  if (shaping === 'relay') return [];
  const commands = ends.flatMap(({ link }) => [
    ...initialFrameSizeCommands(link),
    ...(shaping === 'netem' ? netemCommands(link) : []),
  ]);
  return commandLines(commands.filter((command) => command.node === node));
}

function commandLines(commands: NamespacedCommand[]): string[] {
  return batches(commands).map(({ program, text }) => hereDocument(`${program} -batch -`, text));
}

/** The shell puts the interface's name in. */
function batchOnDevice(program: 'ip' | 'tc', lines: string[]): string {
  return `${program} -batch - <<EOF\n${lines.join('\n')}\nEOF`;
}

function batch(program: 'ip' | 'tc', lines: string[]): string {
  return hereDocument(`${program} -batch -`, lines.join('\n'));
}

function script(node: string, body: string[]): string {
  return `#!/bin/sh
# Node ${node}, generated by ./lab up (src/runtimes/docker/node-script.ts): its links and addresses, then it stays.
set -eu
plumbed=${RUN_PATH}/${PLUMBED_FILE}
rm -f "$plumbed"
trap 'exit 0' TERM INT

# The interface that has an address, whatever Docker called it.
device_with() {
  ip -o -4 address show to "$1" | while read -r _ name _; do echo "\${name%%@*}"; done | grep . || {
    echo "no interface has the address $1: is the Docker network of this link there?" >&2
    return 1
  }
}

${body.join('\n')}

: >"$plumbed"
# Waits for ever, and for the orphans of commands run in here.
while :; do sleep 86400 & wait $!; done
`;
}
