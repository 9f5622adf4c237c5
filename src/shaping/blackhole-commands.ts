// A link that fails silently, for shaping `off` and `netem` (the relay does it itself): both nodes go on sending, both
// interfaces stay up, nothing arrives, so that only timers or BFD find out. The frames are dropped where they would
// enter the node: a queue that refuses them at the sender (pfifo limit 0) would tell it, as ENOBUFS.

import type { PlannedLink } from '../runtimes/lab-plan.ts';
import type { NamespacedCommand } from './commands.ts';

/** Classic BPF, one instruction: return TC_ACT_SHOT (2), for every frame. Works without any tc action module. */
const DROP_ALL = '1,6 0 0 2';

/** Both states can be repeated without harm. */
export function blackholeCommands(link: PlannedLink, state: 'blackhole' | 'restored'): NamespacedCommand[] {
  return [link.a, link.b].flatMap(({ node, interface: dev }) => {
    const tc = (...argv: string[]): NamespacedCommand => ({ node, program: 'tc', argv });
    // Replacing by itself first makes the deletion succeed on a link that was no blackhole.
    const clsact = tc('qdisc', 'replace', 'dev', dev, 'clsact');
    if (state === 'restored') return [clsact, tc('qdisc', 'delete', 'dev', dev, 'clsact')];
    const where = ['dev', dev, 'ingress', 'protocol', 'all', 'pref', '1', 'handle', '1'];
    return [clsact, tc('filter', 'replace', ...where, 'bpf', 'direct-action', 'bytecode', DROP_ALL)];
  });
}
