// How links are made. Shaping off and netem: one veth pair from node to node. Relay: each end is a veth pair between
// the node and the relay's namespace, where the relay passes frames from one end to the other; or, where nodes and relay
// only share an underlay network (containers), a VXLAN device towards the relay's UDP socket, at the price of carrying
// every TCP segment by itself. In all cases the node sees an ordinary interface with MTU 1500.

import type { Impairment, PlannedLink } from '../runtimes/lab-plan.ts';
import type { NamespacedCommand } from './commands.ts';

/** Superframes off and on again: the kernel's own bounds on segments per superframe. */
const SINGLE_FRAME = '1';
const SUPERFRAME_SEGMENTS = '65535';

/** Maps a node name to the `ip netns` name of its namespace. */
export type NamespaceOf = (node: string) => string;

/**
 * For shaping `off` and `netem`: one pair, both ends made in their nodes, down until the node brings them up.
 * `name` is said, or ip(8) reads an interface called `b` as an abbreviated option.
 */
export function vethCommands({ a, b }: PlannedLink, namespaceOf: NamespaceOf): NamespacedCommand[] {
  const near = ['link', 'add', 'name', a.interface, 'netns', namespaceOf(a.node)];
  const far = ['peer', 'name', b.interface, 'netns', namespaceOf(b.node)];
  return [{ program: 'ip', argv: [...near, 'type', 'veth', ...far] }];
}

/** For shaping `relay`: a pair per end; `index` is the link's place in the plan. The relay brings its own ends up. */
export function relayLinkCommands(
  index: number,
  link: PlannedLink,
  namespaceOf: NamespaceOf,
  relayNamespace: string,
): NamespacedCommand[] {
  return (['a', 'b'] as const).map((side) => {
    const end = link[side];
    const near = ['link', 'add', 'name', relayEndName(index, side), 'netns', relayNamespace];
    const far = ['peer', 'name', end.interface, 'netns', namespaceOf(end.node)];
    return { program: 'ip', argv: [...near, 'type', 'veth', ...far] };
  });
}

/** Name of the relay's end of a link: `12a`. */
export function relayEndName(index: number, side: 'a' | 'b'): string {
  return `${index}${side}`;
}

/**
 * For a relay over an underlay network: one end's VXLAN device, in the node's namespace, down until the node brings it
 * up. Run once a device; it needs no frameSizeCommands ever after.
 *
 * - `remcsumtx`, `remcsumrx`: an inner checksum that the kernel has left to be finished travels with a note of where
 *   (vxlan-header.ts), so that no TCP or UDP segment arrives with a wrong one and none is ever summed. Without them
 *   `ethtool -K tx off` on every device would have to finish each.
 * - `gso_max_segs 1`: a superframe would arrive at the relay's socket without its segment size.
 * - `nolearning`, one `remote`: every frame goes to the relay. `ttl 1`: and never beyond the underlay.
 */
export function vxlanEndCommands(
  end: { node: string; interface: string; vni: number },
  underlay: { local: string; remote: string; port: number },
): NamespacedCommand[] {
  const { local, remote, port } = underlay;
  const device = ['link', 'add', 'name', end.interface, 'mtu', '1500', 'gso_max_segs', SINGLE_FRAME];
  const vxlan = ['type', 'vxlan', 'id', String(end.vni), 'local', local, 'remote', remote];
  const header = ['dstport', String(port), 'nolearning', 'ttl', '1'];
  const checksums = ['noudpcsum', 'remcsumtx', 'remcsumrx'];
  return [{ node: end.node, program: 'ip', argv: [...device, ...vxlan, ...header, ...checksums] }];
}

/** VNI of a link's end on the underlay; `index` is the link's place in the plan. */
export function underlayVni(index: number, side: 'a' | 'b'): number {
  return 2 * index + (side === 'a' ? 1 : 2);
}

/**
 * Whether single frames count: loss, duplication, reordering and rate act on frames, so that a link with any of them
 * must not carry superframes (TCP segments that the kernel keeps together), which would be lost or delayed as one.
 */
export function needsSingleFrames(impairment: Impairment): boolean {
  const { lossPercent, duplicatePercent, reorderPercent, rateMbit } = impairment;
  return Boolean(lossPercent || duplicatePercent || reorderPercent || rateMbit);
}

/**
 * Makes both nodes' interfaces send single frames or superframes, as the link's impairments need: for links changed
 * at run time, relay and netem alike. A direction is shaped by what its sender hands over.
 */
export function frameSizeCommands(link: PlannedLink): NamespacedCommand[] {
  return [frameSize(link.a, link.aToB), frameSize(link.b, link.bToA)];
}

/** The same for new links: nothing for a direction that keeps the kernel's default. */
export function initialFrameSizeCommands(link: PlannedLink): NamespacedCommand[] {
  return [
    ...(needsSingleFrames(link.aToB) ? [frameSize(link.a, link.aToB)] : []),
    ...(needsSingleFrames(link.bToA) ? [frameSize(link.b, link.bToA)] : []),
  ];
}

/** Both ends down or up: what neighbours see at once (`fail --how clean`). */
export function linkStateCommands(link: PlannedLink, state: 'up' | 'down'): NamespacedCommand[] {
  return [link.a, link.b].map((end) => ({
    node: end.node,
    program: 'ip',
    argv: ['link', 'set', 'dev', end.interface, state],
  }));
}

function frameSize(end: PlannedLink['a'], impairment: Impairment): NamespacedCommand {
  const segments = needsSingleFrames(impairment) ? SINGLE_FRAME : SUPERFRAME_SEGMENTS;
  return {
    node: end.node,
    program: 'ip',
    argv: ['link', 'set', 'dev', end.interface, 'gso_max_segs', segments],
  };
}
