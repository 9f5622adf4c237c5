// One interface over the three ways to shape a link in namespaces: the relay, tc netem, and none. The shaping
// contract suite (test/shaping) holds relay and netem to the same behaviour.

import { blackholeCommands } from '../../../shaping/blackhole-commands.ts';
import type { NamespacedCommand } from '../../../shaping/commands.ts';
import { frameSizeCommands } from '../../../shaping/link-commands.ts';
import { netemChangeCommands, netemCommands } from '../../../shaping/netem-commands.ts';
import { keepRelay } from '../../../shaping/relay/io/kept-relay.ts';
import { relayLink } from '../../../shaping/relay/protocol.ts';
import type { LabPlan } from '../../lab-plan.ts';
import type { LinkShaper } from '../../link-table.ts';
import { NODE_FLAGS, programPath } from '../../programs.ts';
import { RELAY_NODE } from '../../runtime.ts';
import { namespacedScript } from '../namespaced-script.ts';
import type { EventLog } from './event-log.ts';
import { runShell } from './shell.ts';

/** With what building a lab needs besides. */
export interface StartedShaper extends LinkShaper {
  /** Shapes every link as planned; once, before any routing starts. */
  start(): Promise<void>;
}

/** tc on both ends of veth links: netem for the impairment, or nothing but the blackhole when `shaping` is off. */
export function tcShaper(plan: LabPlan, shaping: 'netem' | 'off'): StartedShaper {
  return {
    working: true,
    start: () => runCommands(shaping === 'off' ? [] : plan.links.flatMap(netemCommands)),
    shape: (link) =>
      runCommands(shaping === 'off' ? [] : [...frameSizeCommands(link), ...netemChangeCommands(link)]),
    blackhole: (link, on) => runCommands(blackholeCommands(link, on ? 'blackhole' : 'restored')),
  };
}

/** The relay; when it dies it is started again, with all links as they should be then. */
export function relayShaper(plan: LabPlan, events: EventLog): StartedShaper {
  const relay = keepRelay(
    plan.links.map((link, index) => relayLink(index, link)),
    {
      namespace: `/run/netns/${RELAY_NODE}`,
      seed: plan.seed,
      command: [process.execPath, ...NODE_FLAGS, programPath('relay')],
      onTrouble: (message) => events.add('relay-trouble', 'relay', message),
      onRestart: () =>
        events.add('relay-restarted', 'relay', 'the relay is started again; frames on their way are lost'),
    },
  );
  return {
    get working() {
      return relay.working;
    },
    start: () => relay.start(),
    async shape(link) {
      const { name, aToB, bToA } = link;
      await runCommands(frameSizeCommands(link));
      await relay.set([
        { link: name, direction: 'aToB', impairment: aToB },
        { link: name, direction: 'bToA', impairment: bToA },
      ]);
    },
    blackhole: ({ name }, on) => relay.set({ link: name, blackhole: on }),
  };
}

/** In the nodes' namespaces. */
export async function runCommands(commands: NamespacedCommand[]): Promise<void> {
  if (commands.length > 0) await runShell(namespacedScript(commands));
}
