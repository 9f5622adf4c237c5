// The limits of all routes of a configuration, each made when first needed: many edges of a lab have none.

import type { RoutePolicy } from '../policy/route-policy.ts';
import { ConcurrencyGate } from './concurrency-gate.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';
import type { RateDecision } from './rate-table.ts';

/** Requests that wait for a turn, for each one that may be on its way. */
const WAITING_PER_TURN = 4;

export class RouteLimits {
  readonly #seed: number;
  readonly #limiters = new WeakMap<RoutePolicy, RateLimiter>();
  readonly #gates = new WeakMap<RoutePolicy, ConcurrencyGate>();

  /** `seed`: random 32 bits. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Undefined when the route has no rate limit. */
  take(route: RoutePolicy, clientAddress: string, nowMs: number): RateDecision | undefined {
    if (!route.rateLimit) return undefined;
    let limiter = this.#limiters.get(route);
    if (!limiter) {
      limiter = createRateLimiter(route.rateLimit, this.#seed);
      this.#limiters.set(route, limiter);
    }
    return limiter.take(clientAddress, nowMs);
  }

  /** Undefined when as many as want to may be on their way. */
  gate(route: RoutePolicy): ConcurrencyGate | undefined {
    if (route.maxConcurrent === undefined) return undefined;
    let gate = this.#gates.get(route);
    if (!gate) {
      gate = new ConcurrencyGate(route.maxConcurrent, route.maxConcurrent * WAITING_PER_TURN);
      this.#gates.set(route, gate);
    }
    return gate;
  }
}
