// The links of the lab as they are now: impairment and up, down or silent. `down` takes both ends' interfaces down
// (both neighbours see it at once); `silent` drops every frame while the interfaces stay up (only timers or BFD tell).

import { linkStateCommands } from '../../../shaping/link-commands.ts';
import type { Impairment, LabPlan, PlannedLink, PlannedNode } from '../../lab-plan.ts';
import type { LinkStatus } from '../../runtime.ts';
import { batchCommand, hereDocument, namespacedScript } from '../namespaced-script.ts';
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
  /** With the impairments of now. */
  link: PlannedLink;
  /** Who holds it down or silent: failing two things that share a link and restoring one keeps it failed. */
  down: Set<string>;
  silent: Set<string>;
}

export class LinkTable {
  readonly #links: Map<string, LinkState>;
  readonly #nodes: Map<string, PlannedNode>;
  readonly #shaper: LinkShaper;
  readonly #events: EventLog;

  constructor(plan: LabPlan, shaper: LinkShaper, events: EventLog) {
    this.#shaper = shaper;
    this.#events = events;
    this.#nodes = new Map(plan.nodes.map((node) => [node.name, node]));
    this.#links = new Map(
      plan.links.map((link) => [link.name, { link, down: new Set<string>(), silent: new Set<string>() }]),
    );
  }

  namesOf(node: string): string[] {
    return [...this.#links.values()]
      .filter(({ link }) => link.a.node === node || link.b.node === node)
      .map(({ link }) => link.name);
  }

  /** Without a relay nothing passes any link: all are silent, whatever was asked for. */
  status(): LinkStatus[] {
    const { working } = this.#shaper;
    return [...this.#links.values()].map(({ link, down, silent }) => ({
      name: link.name,
      a: link.a.node,
      b: link.b.node,
      state: down.size > 0 ? 'down' : silent.size > 0 || !working ? 'silent' : 'up',
      aToB: link.aToB,
      bToA: link.bToA,
    }));
  }

  async setDown(names: string[], holder: string, down: boolean): Promise<void> {
    const changed = this.#toggled(names, 'down', holder, down);
    if (changed.length === 0) return;
    await runShell(
      down
        ? namespacedScript(changed.flatMap((link) => linkStateCommands(link, 'down')))
        : changed.map((link) => this.#upScript(link)).join('\n'),
    );
  }

  async setSilent(names: string[], holder: string, silent: boolean): Promise<void> {
    const changed = this.#toggled(names, 'silent', holder, silent);
    await Promise.all(changed.map((link) => this.#shaper.blackhole(link, silent)));
  }

  async change(name: string, change: LinkChange): Promise<void> {
    const state = this.#get(name);
    const { link } = state;
    state.link = { ...link, aToB: { ...link.aToB, ...change.aToB }, bToA: { ...link.bToA, ...change.bToA } };
    if (change.aToB || change.bToA) await this.#shaper.shape(state.link);
    if (change.down !== undefined) await this.setDown([name], 'link', change.down);
    this.#events.add('link-changed', name, `${name}: ${JSON.stringify(change)}`);
  }

  /** The links whose set of holders went from empty to not, or back: the ones that change. */
  #toggled(names: string[], what: 'down' | 'silent', holder: string, on: boolean): PlannedLink[] {
    return names
      .map((name) => this.#get(name))
      .filter((state) => {
        const holders = state[what];
        const before = holders.size > 0;
        if (on) holders.add(holder);
        else holders.delete(holder);
        return before !== holders.size > 0;
      })
      .map(({ link }) => link);
  }

  #upScript(link: PlannedLink): string {
    return [link.a, link.b]
      .map((end) => {
        const node = this.#nodes.get(end.node);
        const index = node?.interfaces.findIndex((port) => port.name === end.interface) ?? -1;
        const commands = node ? [...interfaceCommands(node, index), ...gatewayCommands(node)] : [];
        return hereDocument(batchCommand('ip', end.node), commands.join('\n'));
      })
      .join('\n');
  }

  #get(name: string): LinkState {
    const link = this.#links.get(name);
    if (!link) throw new Error(`no link ${name}`);
    return link;
  }
}
