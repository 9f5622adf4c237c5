// One interface over the three ways to shape a link in namespaces: the relay, tc netem, and none. The shaping
// contract suite (test/shaping) holds relay and netem to the same behaviour.

import { setTimeout as sleep } from 'node:timers/promises';
import { blackholeCommands } from '../../../shaping/blackhole-commands.ts';
import type { NamespacedCommand } from '../../../shaping/commands.ts';
import { frameSizeCommands } from '../../../shaping/link-commands.ts';
import { netemChangeCommands, netemCommands } from '../../../shaping/netem-commands.ts';
import { type RelayProcess, startRelay } from '../../../shaping/relay/io/relay-process.ts';
import { relayLink } from '../../../shaping/relay/protocol.ts';
import type { LabPlan, PlannedLink } from '../../lab-plan.ts';
import { NODE_FLAGS, programPath } from '../../programs.ts';
import { namespacedScript, RELAY_NAMESPACE } from '../namespaced-script.ts';
import type { EventLog } from './event-log.ts';
import { runShell } from './shell.ts';

/** Between the death of a relay and the next try, so that one that cannot start does not take the machine. */
const RELAY_RESTART_DELAY_MS = { first: 0, next: 500 };
/** A relay that lived this long was a good one. */
const RELAY_GOOD_AFTER_MS = 5000;

export interface LinkShaper {
  /** False while no frame can pass any link: the relay has died and is not back yet. */
  readonly working: boolean;
  /** Shapes every link as planned; once, before any routing starts. */
  start(): Promise<void>;
  /** Gives a link the impairments it has now; frames on their way keep theirs. */
  shape(link: PlannedLink): Promise<void>;
  /** Drops every frame of a link, both ways, or no longer. */
  blackhole(link: PlannedLink, on: boolean): Promise<void>;
}

/** tc on both ends of veth links: netem for the impairment, or nothing but the blackhole when `shaping` is off. */
export function tcShaper(plan: LabPlan, shaping: 'netem' | 'off'): LinkShaper {
  return {
    working: true,
    start: () => run(shaping === 'off' ? [] : plan.links.flatMap(netemCommands)),
    shape: (link) => run(shaping === 'off' ? [] : [...frameSizeCommands(link), ...netemChangeCommands(link)]),
    blackhole: (link, on) => run(blackholeCommands(link, on ? 'blackhole' : 'restored')),
  };
}

/** The relay; when it dies it is started again, with all links as they should be then. */
export function relayShaper(plan: LabPlan, events: EventLog): LinkShaper {
  const links = new Map(
    plan.links.map((link, index) => [link.name, { ...relayLink(index, link), blackhole: false }]),
  );
  let relay: RelayProcess;
  let working = false;

  const start = async (): Promise<void> => {
    const startedAt = performance.now();
    relay = startRelay({
      namespace: `/run/netns/${RELAY_NAMESPACE}`,
      seed: plan.seed,
      command: [process.execPath, ...NODE_FLAGS, programPath('relay')],
      onTrouble: (message) => events.add('relay-trouble', 'relay', message),
    });
    void relay.ended.then(async (asked) => {
      if (asked) return;
      working = false;
      const lived = performance.now() - startedAt;
      await sleep(RELAY_RESTART_DELAY_MS[lived > RELAY_GOOD_AFTER_MS ? 'first' : 'next']);
      events.add('relay-restarted', 'relay', 'the relay is started again; frames on their way are lost');
      await start().catch((error) => events.add('relay-trouble', 'relay', String(error)));
    });
    await relay.configure([...links.values()]);
    working = true;
  };

  return {
    get working() {
      return working;
    },
    start,
    async shape(link) {
      const { name, aToB, bToA } = link;
      Object.assign(links.get(name) ?? {}, { aToB, bToA });
      await run(frameSizeCommands(link));
      await relay.set([
        { link: name, direction: 'aToB', impairment: aToB },
        { link: name, direction: 'bToA', impairment: bToA },
      ]);
    },
    async blackhole({ name }, on) {
      Object.assign(links.get(name) ?? {}, { blackhole: on });
      await relay.set({ link: name, blackhole: on });
    },
  };
}

async function run(commands: NamespacedCommand[]): Promise<void> {
  if (commands.length > 0) await runShell(namespacedScript(commands));
}
