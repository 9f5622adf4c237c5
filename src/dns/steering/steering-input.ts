// What steering is compiled from: POPs, the anycast address, named policies, rules, and the bytes of GeoIP databases.

import type { PolicyRef, PolicySpec } from './policy-spec.ts';

export interface AddressPair {
  ipv4?: Uint8Array;
  ipv6?: Uint8Array;
}

export interface SteeringPop extends AddressPair {
  name: string;
  code: string;
  latitude: number;
  longitude: number;
  /** ISO 3166-1 and GeoLite2 continent code; only used for clients whose country is all that is known. */
  country?: string;
  continent?: string;
  /** Kilometres by which `nearest` takes the POP to be nearer than it is; negative pushes clients away. */
  biasKm?: number;
}

/** What to answer when every POP that a policy names is down. */
export type WhenAllDown = 'all' | 'nearest' | 'none';

export interface SteeringRule {
  /** The steered name, for people; rules are known by their index. */
  name: string;
  policy: PolicyRef;
  /** The answer lives until the next possible change of a POP that it rests on, within these bounds; equal bounds fix it. */
  ttl: { minSeconds: number; maxSeconds: number };
  /** Default `all`: as if all were up, since the checker may be the one that is cut off. */
  whenAllDown?: WhenAllDown;
}

export interface SteeringInput {
  /** In config order, which is the order of preference when nothing is known of the client. */
  pops: readonly SteeringPop[];
  anycast: AddressPair;
  policies: Readonly<Record<string, PolicySpec>>;
  rules: readonly SteeringRule[];
  /** City (or country) database: an MMDB file's bytes. */
  geoip?: Uint8Array;
  /** ASN database; without it, AS numbers are looked for in the city database. */
  asn?: Uint8Array;
}
