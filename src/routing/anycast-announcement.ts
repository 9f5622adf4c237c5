// Whether a POP announces the anycast prefixes of a service: the health of the local service over its last checks
// (rise and fall, so that one lost check moves nobody) and whether the POP is drained. Pure: the checks' outcomes and
// the drain come in, a decision and its reason come out.

export interface HealthThresholds {
  /** Checks in a row that must pass before an unhealthy service counts as healthy. */
  rise: number;
  /** Checks in a row that must fail before a healthy service counts as unhealthy. */
  fall: number;
}

export interface CheckOutcome {
  ok: boolean;
  /** What the check saw: `HTTP 200`, `connection refused`. */
  detail: string;
}

export interface ServiceHealth {
  healthy: boolean;
  /** Checks in a row that contradicted `healthy`. */
  contrary: number;
  /** Undefined before the first check. */
  last?: CheckOutcome;
}

export interface AnnouncementDecision {
  announce: boolean;
  reason: string;
}

/** Nothing is announced before it has proved to work. */
export const UNKNOWN_HEALTH: ServiceHealth = { healthy: false, contrary: 0 };

export function recordCheck(
  health: ServiceHealth,
  outcome: CheckOutcome,
  { rise, fall }: HealthThresholds,
): ServiceHealth {
  if (outcome.ok === health.healthy) return { healthy: health.healthy, contrary: 0, last: outcome };
  const contrary = health.contrary + 1;
  const turns = contrary >= (outcome.ok ? rise : fall);
  return turns
    ? { healthy: outcome.ok, contrary: 0, last: outcome }
    : { healthy: health.healthy, contrary, last: outcome };
}

/** A drained POP withdraws whatever its health is: it goes on serving those who still come. */
export function decideAnnouncement(
  health: ServiceHealth,
  drained: boolean,
  { rise, fall }: HealthThresholds,
): AnnouncementDecision {
  const seen = health.last?.detail ?? 'not checked yet';
  if (drained) return { announce: false, reason: 'drained' };
  if (health.healthy) {
    const failing = health.contrary > 0 ? `, ${health.contrary} of ${fall} failed checks` : '';
    return { announce: true, reason: `healthy (${seen}${failing})` };
  }
  const rising = health.contrary > 0 ? `, ${health.contrary} of ${rise} passed checks` : '';
  return { announce: false, reason: `unhealthy (${seen}${rising})` };
}
