// `./lab fail` and `./lab restore`: which links, services and drain files a failure touches, and what is failed now.
// A failed target stays down until it is restored; the supervisor revives nothing that a failure holds.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LabPlan } from '../../lab-plan.ts';
import type { FailMode, Target } from '../../runtime.ts';
import type { EventLog } from './event-log.ts';
import type { LinkTable } from './link-table.ts';
import type { ServiceProcess } from './service-process.ts';

export class Failures {
  /** Target text to how it failed. */
  readonly current = new Map<string, FailMode>();
  readonly #plan: LabPlan;
  readonly #links: LinkTable;
  readonly #services: ServiceProcess[];
  readonly #events: EventLog;
  readonly #drainFile: (node: string) => string;

  constructor(
    plan: LabPlan,
    links: LinkTable,
    services: ServiceProcess[],
    events: EventLog,
    drainFile: (node: string) => string,
  ) {
    this.#plan = plan;
    this.#links = links;
    this.#services = services;
    this.#events = events;
    this.#drainFile = drainFile;
  }

  async fail(target: Target, how: FailMode): Promise<void> {
    const name = targetName(target);
    if (this.current.has(name)) await this.restore(target);
    await this.#apply(target, how, true);
    this.current.set(name, how);
    this.#events.add('failed', name, `${name} failed (${how})`);
  }

  async restore(target: Target): Promise<void> {
    const name = targetName(target);
    const how = this.current.get(name);
    if (!how) throw new Error(`${name} is not failed`);
    await this.#apply(target, how, false);
    this.current.delete(name);
    this.#events.add('restored', name, `${name} restored`);
  }

  async #apply(target: Target, how: FailMode, on: boolean): Promise<void> {
    if (how === 'drain') {
      this.#drain(target, on);
      return;
    }
    if (target.kind === 'service') {
      this.#failService(target.node, target.service, how, on);
      return;
    }
    const links = target.kind === 'link' ? [target.link] : this.#links.namesOf(target.node);
    if (how === 'clean') await this.#links.setDown(links, targetName(target), on);
    else await this.#links.setSilent(links, targetName(target), on);
  }

  #drain(target: Target, on: boolean): void {
    const isPop = this.#plan.nodes.some(
      (node) => target.kind === 'node' && node.name === target.node && node.kind === 'pop',
    );
    if (!isPop || target.kind !== 'node')
      throw new Error('only a POP can be drained; use --how clean or --how silent');
    const file = this.#drainFile(target.node);
    if (on) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'drained by ./lab fail\n');
    } else {
      rmSync(file, { force: true });
    }
  }

  #failService(node: string, service: string, how: 'clean' | 'silent', on: boolean): void {
    const process = this.#services.find((one) => one.node === node && one.service.name === service);
    if (!process) throw new Error(`no service ${service} on ${node}`);
    if (!on) process.release();
    else if (how === 'clean') process.hold();
    else process.pause();
  }
}

export function targetName(target: Target): string {
  if (target.kind === 'link') return target.link;
  return target.kind === 'node' ? target.node : `${target.node}/${target.service}`;
}
