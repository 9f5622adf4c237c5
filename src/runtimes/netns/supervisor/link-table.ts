// The links of the lab as they are now: impairment and up, down or silent. `down` takes both ends' interfaces down
// (both neighbours see it at once); `silent` drops every frame while the interfaces stay up (only timers or BFD tell).

import type { Impairment, LabPlan, PlannedLink, PlannedNode } from '../../lab-plan.ts';
import type { LinkStatus } from '../../runtime.ts';
import { gatewayCommands, interfaceCommands } from '../plumbing.ts';
import type { EventLog } from './event-log.ts';
import type { LinkShaper } from './link-shaper.ts';
import { runShell } from './shell.ts';

export interface LinkChange {
  aToB?: Partial<Impairment>;
  bToA?: Partial<Impairment>;
  down?: boolean;
}

interface LinkState {
  plan: PlannedLink;
  aToB: Impairment;
  bToA: Impairment;
  /** Who holds it down or silent: failing two things that share a link and restoring one keeps it failed. */
  down: Set<string>;
  silent: Set<string>;
}

export class LinkTable {
  readonly #links = new Map<string, LinkState>();
  readonly #nodes: Map<string, PlannedNode>;
  readonly #shaper: LinkShaper;
  readonly #events: EventLog;

  constructor(plan: LabPlan, shaper: LinkShaper, events: EventLog) {
    this.#shaper = shaper;
    this.#events = events;
    this.#nodes = new Map(plan.nodes.map((node) => [node.name, node]));
    for (const link of plan.links) {
      this.#links.set(link.name, {
        plan: link,
        aToB: { ...link.aToB },
        bToA: { ...link.bToA },
        down: new Set(),
        silent: new Set(),
      });
    }
  }

  has(name: string): boolean {
    return this.#links.has(name);
  }

  namesOf(node: string): string[] {
    return [...this.#links.values()]
      .filter(({ plan }) => plan.a.node === node || plan.b.node === node)
      .map(({ plan }) => plan.name);
  }

  status(): LinkStatus[] {
    return [...this.#links.values()].map((link) => ({
      name: link.plan.name,
      a: link.plan.a.node,
      b: link.plan.b.node,
      state: link.down.size > 0 ? 'down' : link.silent.size > 0 ? 'silent' : 'up',
      aToB: link.aToB,
      bToA: link.bToA,
    }));
  }

  async setDown(names: string[], holder: string, down: boolean): Promise<void> {
    const changed = names.filter((name) => toggle(this.#get(name).down, holder, down));
    if (changed.length === 0) return;
    await runShell(changed.map((name) => this.#updownScript(this.#get(name).plan, down)).join('\n'));
  }

  async setSilent(names: string[], holder: string, silent: boolean): Promise<void> {
    const changed = names.filter((name) => toggle(this.#get(name).silent, holder, silent));
    await Promise.all(changed.map((name) => this.#apply(this.#get(name))));
  }

  async change(name: string, change: LinkChange): Promise<void> {
    const link = this.#get(name);
    Object.assign(link.aToB, change.aToB);
    Object.assign(link.bToA, change.bToA);
    await this.#apply(link);
    if (change.down !== undefined) await this.setDown([name], 'link', change.down);
    this.#events.add('link-changed', name, `${name}: ${JSON.stringify(change)}`);
  }

  #apply(link: LinkState): Promise<void> {
    return this.#shaper.set(link.plan.name, {
      aToB: link.aToB,
      bToA: link.bToA,
      blackhole: link.silent.size > 0,
    });
  }

  #updownScript(link: PlannedLink, down: boolean): string {
    return [link.a, link.b].map((end) => this.#endScript(end, down)).join('\n');
  }

  /** Going down flushes IPv6 addresses and routes, so coming up gives them again. */
  #endScript(end: { node: string; interface: string }, down: boolean): string {
    const node = this.#nodes.get(end.node);
    const index = node?.interfaces.findIndex((port) => port.name === end.interface) ?? -1;
    const commands =
      down || !node
        ? [`link set dev ${end.interface} down`]
        : [...interfaceCommands(node, index), ...gatewayCommands(node)];
    return `nsenter --net=/run/netns/${end.node} ip -force -batch - <<'EOF'\n${commands.join('\n')}\nEOF`;
  }

  #get(name: string): LinkState {
    const link = this.#links.get(name);
    if (!link) throw new Error(`no link ${name}`);
    return link;
  }
}

/** True when the set went from empty to not, or back: then the link itself changes. */
function toggle(holders: Set<string>, holder: string, on: boolean): boolean {
  const before = holders.size > 0;
  if (on) holders.add(holder);
  else holders.delete(holder);
  return before !== holders.size > 0;
}
