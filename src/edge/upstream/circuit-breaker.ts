// The circuit breaker of one member, as a pure state machine: closed until so many failures in a row, then open (nobody
// is sent there), then half-open (a few trials), then closed again or open for twice as long. Every admission carries
// the generation it belongs to, so that answers from before a change of state do not count after it.

export interface BreakerLimits {
  failures: number;
  openMs: number;
  maxOpenMs: number;
  trials: number;
}

export type Breaker =
  | { kind: 'closed'; generation: number; failures: number }
  | { kind: 'open'; generation: number; untilMs: number; openings: number }
  | { kind: 'half-open'; generation: number; underWay: number; openings: number };

/** `neutral`: it ended without saying anything about the member, as when the client left. */
export type Outcome = 'success' | 'failure' | 'neutral';

export const CLOSED: Breaker = { kind: 'closed', generation: 0, failures: 0 };

/** Whether a request would be let through now. */
export function wouldAdmit(breaker: Breaker, limits: BreakerLimits, nowMs: number): boolean {
  const now = atTime(breaker, nowMs);
  return now.kind === 'closed' || (now.kind === 'half-open' && now.underWay < limits.trials);
}

/** The state after letting a request through; only when wouldAdmit. Its generation goes back with the outcome. */
export function admit(breaker: Breaker, nowMs: number): Breaker {
  const now = atTime(breaker, nowMs);
  return now.kind === 'half-open' ? { ...now, underWay: now.underWay + 1 } : now;
}

export function settle(
  breaker: Breaker,
  generation: number,
  outcome: Outcome,
  limits: BreakerLimits,
  nowMs: number,
): Breaker {
  if (generation !== breaker.generation || breaker.kind === 'open') return breaker;
  if (breaker.kind === 'closed') {
    if (outcome === 'neutral') return breaker;
    if (outcome === 'success') return breaker.failures === 0 ? breaker : { ...breaker, failures: 0 };
    const failures = breaker.failures + 1;
    return failures < limits.failures
      ? { ...breaker, failures }
      : opened(breaker.generation, 1, limits, nowMs);
  }
  if (outcome === 'success') return { kind: 'closed', generation: breaker.generation + 1, failures: 0 };
  if (outcome === 'failure') return opened(breaker.generation, breaker.openings + 1, limits, nowMs);
  return { ...breaker, underWay: breaker.underWay - 1 };
}

/** As it is now: an open one becomes half-open when its time is over. */
export function atTime(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.kind !== 'open' || nowMs < breaker.untilMs) return breaker;
  const { generation, openings } = breaker;
  return { kind: 'half-open', generation: generation + 1, underWay: 0, openings };
}

function opened(generation: number, openings: number, limits: BreakerLimits, nowMs: number): Breaker {
  const openMs = Math.min(limits.maxOpenMs, limits.openMs * 2 ** Math.min(30, openings - 1));
  return { kind: 'open', generation: generation + 1, untilMs: nowMs + openMs, openings };
}
