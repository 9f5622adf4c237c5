// The links of the lab as they are now: impairment and up, down or silent. `down` takes both ends' interfaces down
// (both neighbours see it at once); `silent` drops every frame while the interfaces stay up (only timers or BFD tell).
// What a change does goes through ports; what has changed is plain JSON, so that it can outlive the process.

import type { NamespacedCommand } from '../shaping/commands.ts';
import { linkStateCommands } from '../shaping/link-commands.ts';
import type { Impairment, LabPlan, PlannedLink, PlannedNode } from './lab-plan.ts';
import { gatewayCommands, interfaceCommands } from './node-commands.ts';
import type { LinkChange, LinkStatus } from './runtime.ts';

/** How frames are delayed and dropped: relay, netem or nothing. */
export interface LinkShaper {
  /** False while no frame can pass any link: the relay has died and is not back yet. */
  readonly working: boolean;
  /** Gives a link the impairments it has now; frames on their way keep theirs. */
  shape(link: PlannedLink): Promise<void>;
  /** Drops every frame of a link, both ways, or no longer. */
  blackhole(link: PlannedLink, on: boolean): Promise<void>;
}

export interface LinkPorts {
  shaper: LinkShaper;
  /** In the nodes' namespaces, in order. */
  runCommands(commands: NamespacedCommand[]): Promise<void>;
  onEvent(kind: string, subject: string, message: string): void;
}

/** Only links that are not as planned. */
export type LinkTableSnapshot = Record<
  string,
  { aToB: Impairment; bToA: Impairment; down: string[]; silent: string[] }
>;

interface LinkState {
  /** With the impairments of now. */
  link: PlannedLink;
  /** Who holds it down or silent: failing two things that share a link and restoring one keeps it failed. */
  down: Set<string>;
  silent: Set<string>;
}

export class LinkTable {
  readonly #planned: Map<string, PlannedLink>;
  readonly #links: Map<string, LinkState>;
  readonly #nodes: Map<string, PlannedNode>;
  readonly #ports: LinkPorts;

  constructor(plan: Pick<LabPlan, 'nodes' | 'links'>, ports: LinkPorts, snapshot: LinkTableSnapshot = {}) {
    this.#ports = ports;
    this.#nodes = new Map(plan.nodes.map((node) => [node.name, node]));
    this.#planned = new Map(plan.links.map((link) => [link.name, link]));
    this.#links = new Map(plan.links.map((link) => [link.name, linkState(link, snapshot[link.name])]));
  }

  snapshot(): LinkTableSnapshot {
    return Object.fromEntries(
      [...this.#links].flatMap(([name, { link, down, silent }]) => {
        const { aToB, bToA } = link;
        const untouched = link === this.#planned.get(name) && down.size === 0 && silent.size === 0;
        return untouched ? [] : [[name, { aToB, bToA, down: [...down], silent: [...silent] }]];
      }),
    );
  }

  namesOf(node: string): string[] {
    return [...this.#links.values()]
      .filter(({ link }) => link.a.node === node || link.b.node === node)
      .map(({ link }) => link.name);
  }

  /** Without a relay nothing passes any link: all are silent, whatever was asked for. */
  status(): LinkStatus[] {
    return [...this.#links.values()].map((state) => linkStatus(state, this.#ports.shaper.working));
  }

  async setDown(names: string[], holder: string, down: boolean): Promise<void> {
    await this.#toggle(names, 'down', holder, down, (links, isDown) =>
      this.#ports.runCommands(
        links.flatMap((link) => (isDown ? linkStateCommands(link, 'down') : this.#upCommands(link))),
      ),
    );
  }

  async setSilent(names: string[], holder: string, silent: boolean): Promise<void> {
    await this.#toggle(names, 'silent', holder, silent, (links, isSilent) =>
      Promise.all(links.map((link) => this.#ports.shaper.blackhole(link, isSilent))),
    );
  }

  async change(name: string, change: LinkChange): Promise<void> {
    const state = this.#get(name);
    const { link } = state;
    const changed = {
      ...link,
      aToB: { ...link.aToB, ...change.aToB },
      bToA: { ...link.bToA, ...change.bToA },
    };
    if (change.aToB || change.bToA) {
      await this.#ports.shaper.shape(changed);
      state.link = changed;
    }
    if (change.down !== undefined) await this.setDown([name], 'link', change.down);
    this.#ports.onEvent('link-changed', name, `${name}: ${JSON.stringify(change)}`);
  }

  /**
   * Applies to the links whose set of holders goes from empty to not, or back. What cannot be applied is not remembered, and
   * what of it was done already is undone.
   */
  async #toggle(
    names: string[],
    what: 'down' | 'silent',
    holder: string,
    on: boolean,
    apply: (links: PlannedLink[], on: boolean) => Promise<unknown>,
  ): Promise<void> {
    const states = names.map((name) => this.#get(name));
    const after = states.map((state) => {
      const holders = new Set(state[what]);
      if (on) holders.add(holder);
      else holders.delete(holder);
      return holders;
    });
    const changed = states.filter((state, at) => state[what].size > 0 !== (after[at]?.size ?? 0) > 0);
    const links = changed.map(({ link }) => link);
    try {
      if (links.length > 0) await apply(links, on);
    } catch (error) {
      // One by one: the link that would not change may not change back either.
      await Promise.allSettled(links.map(async (link) => apply([link], !on)));
      throw error;
    }
    states.forEach((state, at) => {
      state[what] = after[at] ?? new Set();
    });
  }

  /** Going down took addresses, neighbours and routes away. */
  #upCommands(link: PlannedLink): NamespacedCommand[] {
    return [link.a, link.b].flatMap((end) => {
      const node = this.#nodes.get(end.node);
      if (!node) return [];
      const index = node.interfaces.findIndex((port) => port.name === end.interface);
      return [...interfaceCommands(node, index), ...gatewayCommands(node)].map(
        (line): NamespacedCommand => ({ node: end.node, program: 'ip', argv: line.split(' ') }),
      );
    });
  }

  #get(name: string): LinkState {
    const link = this.#links.get(name);
    if (!link) throw new Error(`no link ${name}`);
    return link;
  }
}

/** As a snapshot tells them, where nothing is to be changed. */
export function linkStatuses(
  { links }: Pick<LabPlan, 'links'>,
  snapshot: LinkTableSnapshot,
  working: boolean,
): LinkStatus[] {
  return links.map((link) => linkStatus(linkState(link, snapshot[link.name]), working));
}

function linkStatus({ link, down, silent }: LinkState, working: boolean): LinkStatus {
  return {
    name: link.name,
    a: link.a.node,
    b: link.b.node,
    state: down.size > 0 ? 'down' : silent.size > 0 || !working ? 'silent' : 'up',
    aToB: link.aToB,
    bToA: link.bToA,
  };
}

function linkState(link: PlannedLink, saved?: LinkTableSnapshot[string]): LinkState {
  if (!saved) return { link, down: new Set(), silent: new Set() };
  const { aToB, bToA, down, silent } = saved;
  return { link: { ...link, aToB, bToA }, down: new Set(down), silent: new Set(silent) };
}
