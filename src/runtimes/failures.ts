// `./lab fail` and `./lab restore`: which links, services and drain files a failure touches, and what is failed now.
// A failed target stays down until it is restored; nothing revives what a failure holds.

import type { LabPlan } from './lab-plan.ts';
import type { LinkTable } from './link-table.ts';
import type { FailMode, Target } from './runtime.ts';

/** How a runtime stops and starts a service. */
export interface ServiceControl {
  /** Ends it for good, until `release`. */
  hold(node: string, service: string): Promise<void> | void;
  /** Keeps it but stops it running: what a hang looks like to its neighbours. */
  pause(node: string, service: string): Promise<void> | void;
  /** Undoes either. */
  release(node: string, service: string): Promise<void> | void;
}

export interface FailurePorts {
  links: LinkTable;
  services: ServiceControl;
  /** Makes or removes a POP's drain file. */
  setDrained(node: string, drained: boolean): void;
  onEvent(kind: string, subject: string, message: string): void;
}

/** Target text to how it failed. */
export type FailuresSnapshot = Record<string, FailMode>;

export class Failures {
  readonly current: Map<string, FailMode>;
  readonly #plan: Pick<LabPlan, 'nodes'>;
  readonly #ports: FailurePorts;

  constructor(plan: Pick<LabPlan, 'nodes'>, ports: FailurePorts, snapshot: FailuresSnapshot = {}) {
    this.#plan = plan;
    this.#ports = ports;
    this.current = new Map(Object.entries(snapshot));
  }

  snapshot(): FailuresSnapshot {
    return Object.fromEntries(this.current);
  }

  async fail(target: Target, how: FailMode): Promise<void> {
    const name = targetName(target);
    if (this.current.has(name)) await this.restore(target);
    await this.#apply(target, how, true);
    this.current.set(name, how);
    this.#ports.onEvent('failed', name, `${name} failed (${how})`);
  }

  async restore(target: Target): Promise<void> {
    const name = targetName(target);
    const how = this.current.get(name);
    if (!how) throw new Error(`${name} is not failed`);
    await this.#apply(target, how, false);
    this.current.delete(name);
    this.#ports.onEvent('restored', name, `${name} restored`);
  }

  async #apply(target: Target, how: FailMode, on: boolean): Promise<void> {
    const { links } = this.#ports;
    if (how === 'drain') {
      this.#drain(target, on);
      return;
    }
    if (target.kind === 'service') {
      await this.#failService(target.node, target.service, how, on);
      return;
    }
    const names = target.kind === 'link' ? [target.link] : links.namesOf(target.node);
    if (how === 'clean') await links.setDown(names, targetName(target), on);
    else await links.setSilent(names, targetName(target), on);
  }

  #drain(target: Target, on: boolean): void {
    const isPop = this.#plan.nodes.some(
      (node) => target.kind === 'node' && node.name === target.node && node.kind === 'pop',
    );
    if (!isPop || target.kind !== 'node')
      throw new Error('only a POP can be drained; use --how clean or --how silent');
    this.#ports.setDrained(target.node, on);
  }

  async #failService(node: string, service: string, how: 'clean' | 'silent', on: boolean): Promise<void> {
    const planned = this.#plan.nodes.find((each) => each.name === node)?.services;
    if (!planned?.some((each) => each.name === service)) throw new Error(`no service ${service} on ${node}`);
    const { services } = this.#ports;
    if (!on) await services.release(node, service);
    else if (how === 'clean') await services.hold(node, service);
    else await services.pause(node, service);
  }
}

export function targetName(target: Target): string {
  if (target.kind === 'link') return target.link;
  return target.kind === 'node' ? target.node : `${target.node}/${target.service}`;
}
