// How links are made. Shaping off and netem: one veth pair from node to node. Relay: each end is a veth pair between
// the node and the relay's namespace, where the relay passes frames from one end to the other. In all cases the node
// sees an ordinary interface with MTU 1500. (VXLAN towards a relay's UDP socket does it too, with a device less an
// end, but then every TCP segment is cut, summed and carried through the UDP stack one by one.)

import type { Impairment, PlannedLink } from '../runtimes/lab-plan.ts';
import type { NamespacedCommand } from './commands.ts';

/** Superframes off and on again: the kernel's own bounds on segments per superframe. */
const SINGLE_FRAME = '1';
const SUPERFRAME_SEGMENTS = '65535';

/** Maps a node name to the `ip netns` name of its namespace. */
export type NamespaceOf = (node: string) => string;

/** `name` is said, or ip(8) reads a node called `b` as an abbreviated option. */
/** For shaping `off` and `netem`: one pair, both ends made in their nodes, down until the node brings them up. */
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
