// The shapers under contract, each made of the room's own builders: a new shaper is one more entry here.

import { execFileSync } from 'node:child_process';
import type { PlannedLink } from '../../../src/runtimes/lab-plan.ts';
import { blackholeCommands } from '../../../src/shaping/blackhole-commands.ts';
import { batchText, type NamespacedCommand } from '../../../src/shaping/commands.ts';
import {
  frameSizeCommands,
  initialFrameSizeCommands,
  relayLinkCommands,
  underlayVni,
  vethCommands,
  vxlanEndCommands,
} from '../../../src/shaping/link-commands.ts';
import { netemChangeCommands, netemCommands } from '../../../src/shaping/netem-commands.ts';
import { type RelayProcess, startRelay } from '../../../src/shaping/relay/io/relay-process.ts';
import { relayLink, underlayLink } from '../../../src/shaping/relay/protocol.ts';
import { VXLAN_PORT } from '../../../src/shaping/relay/vxlan-header.ts';
import { makeUnderlay } from './underlay.ts';

export interface ShaperUnderTest {
  set(link: PlannedLink): Promise<void>;
  blackhole(link: PlannedLink, on: boolean): Promise<void>;
  stop(): Promise<void>;
}

export const SHAPERS: Record<string, (link: PlannedLink) => Promise<ShaperUnderTest>> = {
  async relay(link) {
    run([{ program: 'ip', argv: ['netns', 'add', '_relay'] }]);
    run(relayLinkCommands(0, link, (node) => node, '_relay'));
    run(initialFrameSizeCommands(link));
    const relay = startRelay({
      namespace: '/run/netns/_relay',
      onTrouble: (message) => console.error(message),
    });
    await relay.configure([relayLink(0, link)]);
    return {
      async set(changed) {
        run(frameSizeCommands(changed));
        await relay.set([
          { link: changed.name, direction: 'aToB', impairment: changed.aToB },
          { link: changed.name, direction: 'bToA', impairment: changed.bToA },
        ]);
      },
      blackhole: (changed, on) => relay.set({ link: changed.name, blackhole: on }),
      stop: () => relay.stop(),
    };
  },
  async underlay(link) {
    const { relay } = await startUnderlayRelay([link]);
    return {
      set: (changed) =>
        relay.set([
          { link: changed.name, direction: 'aToB', impairment: changed.aToB },
          { link: changed.name, direction: 'bToA', impairment: changed.bToA },
        ]),
      blackhole: (changed, on) => relay.set({ link: changed.name, blackhole: on }),
      stop: () => relay.stop(),
    };
  },
  async netem(link) {
    run(vethCommands(link, (node) => node));
    run([...initialFrameSizeCommands(link), ...netemCommands(link)]);
    return {
      set: async (changed) => run([...frameSizeCommands(changed), ...netemChangeCommands(changed)]),
      blackhole: async (changed, on) => run(blackholeCommands(changed, on ? 'blackhole' : 'restored')),
      stop: async () => {},
    };
  },
};

/** Links over an underlay network, between nodes whose namespaces are there, and the relay in `_relay`. */
export async function startUnderlayRelay(
  links: PlannedLink[],
): Promise<{ relay: RelayProcess; addressOf: (node: string) => string }> {
  run([{ program: 'ip', argv: ['netns', 'add', '_relay'] }]);
  const nodes = new Set(links.flatMap(({ a, b }) => [a.node, b.node]));
  const addressOf = makeUnderlay(['_relay', ...nodes]);
  const relayAddress = addressOf('_relay');
  for (const [index, link] of links.entries()) {
    for (const side of ['a', 'b'] as const) {
      const places = { local: addressOf(link[side].node), remote: relayAddress, port: VXLAN_PORT };
      run(vxlanEndCommands({ ...link[side], vni: underlayVni(index, side) }, places));
    }
  }
  const relay = startRelay({
    namespace: '/run/netns/_relay',
    underlay: { address: relayAddress },
    onTrouble: (message) => console.error(message),
  });
  await relay.configure(links.map((link, index) => underlayLink(index, link, addressOf)));
  return { relay, addressOf };
}

/** Runs the commands in order, those of one namespace and program together. */
export function run(commands: NamespacedCommand[]): void {
  for (const group of Map.groupBy(commands, ({ node, program }) => `${node ?? ''} ${program}`).values()) {
    const { node, program } = group[0] as NamespacedCommand;
    const enter = node ? ['nsenter', `--net=/run/netns/${node}`] : [];
    const [file = '', ...argv] = [...enter, program, '-batch', '-'];
    execFileSync(file, argv, {
      input: batchText(group.map((command) => command.argv)),
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }
}
