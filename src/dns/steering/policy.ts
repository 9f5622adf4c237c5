// The words of steering: what a policy is told, and what it must say. A policy is a pure function that picks a POP for a
// client network and gives its reason, every candidate with why it was passed over, and how wide a network the answer
// holds for (the ECS scope, RFC 7871 section 7.2.1).

import type { GeoLocation } from '../../geoip/locate.ts';
import type { Family } from '../../net/ip-address.ts';
import type { HealthView } from '../health/health-state.ts';
import type { RttLookup } from './rtt-table.ts';

export interface SteeringPop {
  name: string;
  code: string;
  latitude: number;
  longitude: number;
  /** ISO 3166-1 and GeoLite2 continent code; only used for clients whose country is all that is known. */
  country?: string;
  continent?: string;
  ipv4?: Uint8Array;
  ipv6?: Uint8Array;
}

export interface SteeringQuestion {
  /** Family of the addresses asked for: A or AAAA. It need not be the client's. */
  family: Family;
  /** In config order, which is the order of preference when nothing is known of the client. */
  pops: readonly SteeringPop[];
  anycast: { ipv4?: Uint8Array; ipv6?: Uint8Array };
  health: (pop: string) => HealthView;
  /** Looked up only by the policies that want it. */
  geo: () => GeoLookup;
  rtt: () => RttLookup;
}

export interface GeoLookup {
  location: GeoLocation;
  /** Length of the database's prefix around the client, or of the hole it is in; undefined without a database. */
  prefixLength?: number;
}

export interface Candidate {
  pop: string;
  distanceKm?: number;
  rttMs?: number;
  rttAgeSeconds?: number;
  rttStale?: boolean;
  health: HealthView;
  /** Why it was not chosen; absent for the chosen one. */
  passedOver?: string;
}

export interface SteeringDecision {
  policy: string;
  /** Undefined for anycast, where BGP picks the POP, and when there is no address to give. */
  pop?: string;
  /** Undefined when nothing of the family exists: NODATA. */
  address?: Uint8Array;
  /** One of a few words for metrics and tests, such as `nearest-healthy`. */
  reason: string;
  /** The reason in a sentence. */
  detail: string;
  /** How wide the answer holds: 0 the same for everyone; undefined for the very network that asked. */
  scopePrefixLength?: number;
  /** In order of preference. */
  candidates: Candidate[];
}

export type SteeringPolicy = (question: SteeringQuestion) => SteeringDecision;

export function addressOf(
  holder: { ipv4?: Uint8Array; ipv6?: Uint8Array },
  family: Family,
): Uint8Array | undefined {
  return family === 4 ? holder.ipv4 : holder.ipv6;
}
