// One interface over the three ways to shape a link in namespaces: the relay, tc netem, and none. The shaping
// contract suite (test/shaping) holds relay and netem to the same behaviour.

import { startRelay } from '../../../shaping/io/start-relay.ts';
import { blackholeCommands, netemCommands } from '../../../shaping/netem-commands.ts';
import type { Impairment, LabPlan } from '../../lab-plan.ts';
import { runShell } from './shell.ts';

export interface LinkShaping {
  aToB: Impairment;
  bToA: Impairment;
  /** Drop every frame, both ways. */
  blackhole: boolean;
}

export interface LinkShaper {
  set(link: string, shaping: LinkShaping): Promise<void>;
  /** Shapes every link as planned; once, before any routing starts. */
  setAll(): Promise<void>;
  pid?: number;
}

/** tc on both ends of veth links: netem for the impairment, or nothing but the blackhole when `shaping` is off. */
export function tcShaper(plan: LabPlan, shaping: 'netem' | 'off'): LinkShaper {
  const links = new Map(plan.links.map((link) => [link.name, link]));
  const script = (name: string, { aToB, bToA, blackhole }: LinkShaping) => {
    const link = links.get(name);
    if (!link) throw new Error(`no link ${name}`);
    return [
      { end: link.a, impairment: aToB },
      { end: link.b, impairment: bToA },
    ]
      .map(({ end, impairment }) => {
        const commands =
          shaping === 'netem'
            ? netemCommands(end.interface, blackhole ? { ...impairment, lossPercent: 100 } : impairment)
            : blackholeCommands(end.interface, blackhole);
        return `nsenter --net=/run/netns/${end.node} tc -force -batch - <<'EOF'\n${commands.join('\n')}\nEOF`;
      })
      .join('\n');
  };
  return {
    set: (name, change) => runShell(script(name, change)),
    setAll: async () => {
      if (shaping === 'off') return;
      await runShell(plan.links.map((link) => script(link.name, { ...link, blackhole: false })).join('\n'));
    },
  };
}

export async function relayShaper(plan: LabPlan, nodeArgv: string[], logFile: string): Promise<LinkShaper> {
  const relay = await startRelay({ nodeArgv, logFile, links: plan.links });
  return {
    pid: relay.pid,
    set: (name, change) => relay.set(name, change),
    setAll: () => relay.configure(),
  };
}
