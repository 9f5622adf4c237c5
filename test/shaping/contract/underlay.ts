// An underlay network for tests: a bridge in a namespace of its own, to which every node has an interface `underlay`
// with MTU 1600, as on an internal Docker network.

import type { NamespacedCommand } from '../../../src/shaping/commands.ts';
import { run } from './shapers.ts';

const BRIDGE = '_underlay';
const MTU = '1600';

/** Joins the nodes (whose namespaces are there) and tells their addresses. */
export function makeUnderlay(nodes: string[]): (node: string) => string {
  const addressOf = (node: string) => `172.31.255.${nodes.indexOf(node) + 1}`;
  const ip = (...argv: string[]): NamespacedCommand => ({ program: 'ip', argv });
  const inside = (node: string, ...argv: string[]) => ({ ...ip(...argv), node });
  run([ip('netns', 'add', BRIDGE)]);
  run([
    inside(BRIDGE, 'link', 'add', 'name', 'bridge', 'mtu', MTU, 'type', 'bridge'),
    inside(BRIDGE, 'link', 'set', 'dev', 'bridge', 'up'),
  ]);
  for (const [index, node] of nodes.entries()) {
    const far = ['peer', 'name', `port${index}`, 'netns', BRIDGE, 'mtu', MTU];
    run([ip('link', 'add', 'name', 'underlay', 'netns', node, 'mtu', MTU, 'type', 'veth', ...far)]);
    run([
      inside(BRIDGE, 'link', 'set', 'dev', `port${index}`, 'master', 'bridge', 'up'),
      inside(node, 'addr', 'add', `${addressOf(node)}/24`, 'dev', 'underlay'),
      inside(node, 'link', 'set', 'dev', 'underlay', 'up'),
    ]);
  }
  return addressOf;
}
