// Collapsed forwarding: while one request for an object is on its way to the origin, others for the same object wait
// for its answer instead of asking too. Safe by construction: what is shared is only an offer. Those who waited
// decide again once the head has arrived, exactly as for a stored response, and whoever may not have it (no-store,
// private, another variant, already stale) asks for itself, in parallel with the others.

import type { GrowingBody } from './growing-body.ts';
import type { Storability } from './storability.ts';
import type { ResponseHead, StoredResponse } from './stored-response.ts';
import type { UpstreamFailure } from './upstream.ts';

/** What a trip to the origin brought back, known when the head is there (the body may still be on its way). */
export type FlightOutcome =
  | { kind: 'response'; head: ResponseHead; storability: Storability; body: GrowingBody }
  | { kind: 'not-modified'; stored: StoredResponse; storability: Storability }
  /** The origin's 304 spoke of another version than the one asked about: that one is gone from the store. */
  | { kind: 'mismatched' }
  | { kind: 'failed'; failure: UpstreamFailure };

export interface Flight {
  /** Never rejects: a failure is an outcome. Always settles, since every trip has time limits. */
  readonly outcome: Promise<FlightOutcome>;
  /** Set by an unsafe method on the same URL: what arrives is already history and must not be stored. */
  invalidated: boolean;
}

/** How long a URL is remembered as not shareable: its requests do not queue behind each other (hit-for-miss). */
export const UNSHAREABLE_MS = 10_000;
/** URLs remembered as not shareable; the oldest is forgotten first. */
const MAX_UNSHAREABLE = 10_000;

export class CollapsedForwarding {
  #flights = new Map<string, { key: string; flight: Flight }>();
  #unshared = 0;
  #unshareableUntilMs = new Map<string, number>();

  /** The flight to wait for, if there is one. `variant` is the secondary key, '' while no Vary is known. */
  find(key: string, variant: string): Flight | undefined {
    return this.#flights.get(flightKey(key, variant))?.flight;
  }

  /**
   * Notes a flight so that `invalidate` reaches it; with a `variant` it can be found and waited for too. Returns what
   * ends that; a newer flight under the same name stays.
   */
  register(key: string, variant: string | undefined, flight: Flight): () => void {
    const name = variant === undefined ? `${key}\n#${this.#unshared++}` : flightKey(key, variant);
    this.#flights.set(name, { key, flight });
    return () => {
      if (this.#flights.get(name)?.flight === flight) this.#flights.delete(name);
    };
  }

  /** Ends the offer of all flights of a key, and keeps what they bring from being stored. */
  invalidate(key: string): void {
    this.invalidateWhere((other) => other === key);
  }

  invalidateWhere(matches: (key: string) => boolean): void {
    for (const [name, entry] of this.#flights) {
      if (!matches(entry.key)) continue;
      entry.flight.invalidated = true;
      this.#flights.delete(name);
    }
  }

  /** Ends their offers only: what they bring is judged by the store. */
  stopSharing(matches: (key: string) => boolean): void {
    for (const [name, { key }] of this.#flights) if (matches(key)) this.#flights.delete(name);
  }

  isUnshareable(key: string, nowMs: number): boolean {
    const until = this.#unshareableUntilMs.get(key);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.#unshareableUntilMs.delete(key);
    return false;
  }

  markUnshareable(key: string, nowMs: number): void {
    this.#unshareableUntilMs.delete(key);
    this.#unshareableUntilMs.set(key, nowMs + UNSHAREABLE_MS);
    if (this.#unshareableUntilMs.size <= MAX_UNSHAREABLE) return;
    const [oldest] = this.#unshareableUntilMs.keys();
    if (oldest !== undefined) this.#unshareableUntilMs.delete(oldest);
  }

  markShareable(key: string): void {
    this.#unshareableUntilMs.delete(key);
  }

  /** Requests on their way to the origin whose responses may still be shared or stored. */
  get inFlight(): number {
    return this.#flights.size;
  }
}

function flightKey(key: string, variant: string): string {
  return variant === '' ? key : `${key}\n${variant}`;
}
