// Announces and withdraws this POP's anycast prefixes: checks the local services, decides, and brings BIRD's static
// protocols in line. What BIRD does is read back in every round, so a BIRD that was restarted (its protocols start
// disabled) is put right by the next round.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  decideAnnouncement,
  recordCheck,
  type ServiceHealth,
  UNKNOWN_HEALTH,
} from '../../routing/anycast-announcement.ts';
import { BirdControl } from '../../routing/io/bird-control.ts';
import type { AgentConfig } from '../config.ts';
import { checkService } from './health-check.ts';

export interface ServiceState {
  healthy: boolean;
  /** All of its prefixes are announced, as BIRD says. */
  announced: boolean;
  reason: string;
}

export interface AnnouncerState {
  drained: boolean;
  services: Record<string, ServiceState>;
}

type Log = (message: string, fields?: Record<string, unknown>) => void;

const BIRD_TIMEOUT_MS = 1000;

export class Announcer {
  readonly #config: AgentConfig;
  readonly #log: Log;
  readonly #bird: BirdControl;
  readonly #health = new Map<string, ServiceHealth>();
  #state: AnnouncerState;
  #stopping = false;

  constructor(config: AgentConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#bird = new BirdControl(config.birdSocket, { timeoutMs: BIRD_TIMEOUT_MS });
    const unknown = { healthy: false, announced: false, reason: 'not checked yet' };
    this.#state = {
      drained: this.#isDrained(),
      services: Object.fromEntries(config.services.map(({ name }) => [name, unknown])),
    };
  }

  get state(): AnnouncerState {
    return this.#state;
  }

  /** Runs until aborted, then withdraws everything, so that neighbours move on before the services stop. */
  async run(signal: AbortSignal): Promise<void> {
    const stopping = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (!signal.aborted) {
      await Promise.race([this.#round(signal), stopping]);
      await sleep(this.#config.health.intervalMs, undefined, { signal }).catch(() => {});
    }
    this.#stopping = true;
    await this.#apply(new Map());
    this.#bird.close();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { services, health } = this.#config;
    const outcomes = await Promise.all(services.map(({ check }) => checkService(check, health.timeoutMs)));
    if (signal.aborted) return;
    const drained = this.#isDrained();
    services.forEach(({ name }, i) => {
      const outcome = outcomes[i];
      if (outcome)
        this.#health.set(name, recordCheck(this.#health.get(name) ?? UNKNOWN_HEALTH, outcome, health));
    });
    const decisions = new Map(
      services.map(({ name }) => [
        name,
        decideAnnouncement(this.#health.get(name) ?? UNKNOWN_HEALTH, drained, health),
      ]),
    );
    const wanted = new Map([...decisions].map(([name, { announce }]) => [name, announce]));
    const { announced, problem } = await this.#apply(wanted);
    const next: AnnouncerState = { drained, services: {} };
    for (const { name } of services) {
      next.services[name] = {
        healthy: this.#health.get(name)?.healthy ?? false,
        announced: announced.get(name) ?? false,
        reason: [decisions.get(name)?.reason, problem].filter((part) => part !== undefined).join('; '),
      };
    }
    this.#logChanges(next);
    this.#state = next;
  }

  /** Brings BIRD's protocols to what is wanted; says what is announced then, and why BIRD could not be asked. */
  async #apply(wanted: Map<string, boolean>): Promise<{ announced: Map<string, boolean>; problem?: string }> {
    const announced = new Map<string, boolean>();
    try {
      const states = new Map(
        (await this.#bird.readState()).protocols.map(({ name, state }) => [name, state === 'up']),
      );
      for (const { name, protocols } of this.#config.services) {
        for (const protocol of protocols) {
          // Asked anew each time: a round still under way must not enable what stopping has just disabled.
          const announce = !this.#stopping && (wanted.get(name) ?? false);
          if (states.get(protocol) === announce) continue;
          const reply = await this.#bird.ask(`${announce ? 'enable' : 'disable'} ${protocol}`);
          if (reply.code >= 8000)
            return { announced, problem: `BIRD refuses ${protocol}: ${reply.lines.at(-1)?.text}` };
        }
        announced.set(name, wanted.get(name) ?? false);
      }
      return { announced };
    } catch (error) {
      return { announced: new Map(), problem: `BIRD does not answer (${(error as Error).message})` };
    }
  }

  #isDrained(): boolean {
    return this.#config.drainFile !== undefined && existsSync(this.#config.drainFile);
  }

  #logChanges(next: AnnouncerState): void {
    for (const [name, now] of Object.entries(next.services)) {
      const before = this.#state.services[name];
      if (before?.announced !== now.announced || before.healthy !== now.healthy) {
        this.#log(now.announced ? 'announced' : 'withdrawn', { service: name, ...now });
      }
    }
  }
}
