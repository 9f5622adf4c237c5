// A link that fails silently, for shaping `off` and `netem` (the relay does it itself): both nodes go on sending, both
// interfaces stay up, nothing arrives, so that only timers or BFD find out. The frames are dropped where they would
// enter the node: a queue that refuses them at the sender (pfifo limit 0) would tell it, as ENOBUFS.

import type { PlannedLink } from '../runtimes/lab-plan.ts';
import type { NamespacedCommand } from './commands.ts';

/** Classic BPF, one instruction: return TC_ACT_SHOT (2), for every frame. Works without any tc action module. */
const DROP_ALL = '1,6 0 0 2';
/** Return TC_ACT_UNSPEC (-1): as if the filter were not there. */
const ASK_THE_NEXT = '1,6 0 0 4294967295';

/** Both states can be repeated without harm. */
export function blackholeCommands(link: PlannedLink, state: 'blackhole' | 'restored'): NamespacedCommand[] {
  return [link.a, link.b].flatMap(({ node, interface: dev }) => {
    const tc = (...argv: string[]): NamespacedCommand => ({ node, program: 'tc', argv });
    const where = ['dev', dev, 'ingress', 'protocol', 'all', 'pref', '1'];
    const filter = (bytecode: string) =>
      tc('filter', 'replace', ...where, 'handle', '1', 'bpf', 'direct-action', 'bytecode', bytecode);
    // Keeps what is there: on Docker's link networks, filters of lower preference guard the same interface.
    const clsact = tc('qdisc', 'replace', 'dev', dev, 'clsact');
    if (state === 'blackhole') return [clsact, filter(DROP_ALL)];
    // Replacing first makes the deletion succeed on a link that was no blackhole; and drops nothing there.
    return [clsact, filter(ASK_THE_NEXT), tc('filter', 'delete', ...where)];
  });
}
