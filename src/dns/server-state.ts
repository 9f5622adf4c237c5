// What the pipeline reads: zones, steering rules, POPs, and what is known of them now. Built by io/service, replaced in
// parts as checks and polls report. The pipeline itself holds no state.

import type { HealthView } from './health/health-state.ts';
import type { GeoLookup, SteeringPolicy, SteeringPop } from './steering/policy.ts';
import type { RttLookup } from './steering/rtt-table.ts';
import type { Name } from './wire/name.ts';
import type { Zone } from './zone/zone.ts';

export interface SteeringRule {
  /** The name it is stored under; `*.…` for a wildcard. */
  owner: Name;
  policy: SteeringPolicy;
  policyName: string;
  ttlSeconds: number;
}

export interface ServerState {
  zones: ReadonlyMap<Name, Zone>;
  steering: ReadonlyMap<Name, SteeringRule>;
  pops: readonly SteeringPop[];
  anycast: { ipv4?: Uint8Array; ipv6?: Uint8Array };
  nsid: string;
  health: (pop: string) => HealthView;
  locate: (address: Uint8Array) => GeoLookup;
  /** Undefined without a database. */
  geoipBuiltAt?: Date;
  rtt: (address: Uint8Array) => RttLookup;
}
