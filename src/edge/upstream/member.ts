// One place to send to: an origin, a peer edge of the POP, a parent. Holds what is known of it (circuit, health, load)
// and settles what every request there tells about it.

import type { BalanceMember } from '../balance/balancer.ts';
import type { MemberReport, Tier, Upstream } from '../upstream.ts';
import {
  admit,
  atTime,
  type Breaker,
  type BreakerLimits,
  CLOSED,
  settle,
  wouldAdmit,
} from './circuit-breaker.ts';
import type { ConcurrencyGate } from './concurrency-gate.ts';
import { ASSUMED_UP, afterCheck, type Health } from './health-state.ts';

export interface MemberSpec {
  tier: Tier;
  name: string;
  address: string;
  port: number;
  weight: number;
  /** Lower is used first. */
  priority: number;
  /** POP of a parent. */
  pop?: string;
}

/** What became of one attempt; `head` lets a half-open circuit close before a long body has ended. */
export type AttemptEvent = 'head' | 'success' | 'failure' | 'neutral';

export class Member implements BalanceMember {
  readonly spec: MemberSpec;
  readonly transport: Upstream;
  readonly gate: ConcurrencyGate;
  readonly #limits: BreakerLimits | undefined;
  #breaker: Breaker = CLOSED;
  #lastFailure: string | undefined;
  health: Health | undefined;
  requests = 0;
  failures = 0;
  retries = 0;
  /** Those who wait for an answer's head. */
  readonly #waiting = new Set<() => void>();

  /** Without limits the circuit never opens. */
  constructor(
    spec: MemberSpec,
    transport: Upstream,
    gate: ConcurrencyGate,
    limits: BreakerLimits | undefined,
  ) {
    this.spec = spec;
    this.transport = transport;
    this.gate = gate;
    this.#limits = limits;
  }

  get name(): string {
    return this.spec.name;
  }

  get weight(): number {
    return this.spec.weight;
  }

  get inFlight(): number {
    return this.gate.inside + this.gate.queued;
  }

  get isUp(): boolean {
    return this.health?.up !== false;
  }

  admits(nowMs: number): boolean {
    return this.#limits === undefined || wouldAdmit(this.#breaker, this.#limits, nowMs);
  }

  /** Counts a request; the function returned is told what became of it, in order, and knows when it has heard enough. */
  begin(nowMs: number): (event: AttemptEvent, endedMs: number, why?: string) => void {
    this.requests++;
    const limits = this.#limits;
    if (limits) this.#breaker = admit(this.#breaker, nowMs);
    const { generation, kind } = this.#breaker;
    let over = false;
    return (event, endedMs, why) => {
      if (over) return;
      if (event === 'head' && kind !== 'half-open') return;
      if (event === 'failure') {
        this.failures++;
        this.#lastFailure = why;
      }
      over = event !== 'head';
      const outcome = event === 'head' ? 'success' : event;
      if (limits) this.#breaker = settle(this.#breaker, generation, outcome, limits, endedMs);
    };
  }

  checked(problem: string | undefined, limits: { rise: number; fall: number }): void {
    const wasUp = this.isUp;
    this.health = afterCheck(this.health ?? ASSUMED_UP, problem, limits);
    if (wasUp && !this.isUp) for (const onDown of [...this.#waiting]) onDown();
  }

  /** `onDown` is called when a check takes this member down, until the function returned has been. */
  whenDown(onDown: () => void): () => void {
    this.#waiting.add(onDown);
    return () => this.#waiting.delete(onDown);
  }

  report(nowMs: number): MemberReport {
    const { tier, name, address, port, weight, priority } = this.spec;
    const circuit = atTime(this.#breaker, nowMs).kind;
    const reasons = [
      this.isUp ? undefined : `check: ${this.health?.reason}`,
      circuit === 'closed' ? undefined : this.#lastFailure,
    ].filter((reason) => reason !== undefined);
    return {
      tier,
      name,
      address,
      port,
      weight,
      priority,
      health: this.health === undefined ? 'unchecked' : this.health.up ? 'up' : 'down',
      circuit,
      reason: reasons.length > 0 ? reasons.join('; ') : undefined,
      inFlight: this.gate.inside,
      queued: this.gate.queued,
      requests: this.requests,
      failures: this.failures,
      retries: this.retries,
    };
  }
}
