// How policies are written in a configuration: type-tagged objects that may name POPs, other policies, or hold them inline.

import type { AnycastSpec } from './kinds/anycast.ts';
import type { CapacitySpec } from './kinds/capacity.ts';
import type { FailoverSpec } from './kinds/failover.ts';
import type { LatencySpec } from './kinds/latency.ts';
import type { MapSpec } from './kinds/map.ts';
import type { MultivalueSpec } from './kinds/multivalue.ts';
import type { NearestSpec } from './kinds/nearest.ts';
import type { PopSpec } from './kinds/pop.ts';
import type { RegionalSpec } from './kinds/regional.ts';
import type { WeightedSpec } from './kinds/weighted.ts';

export type PolicySpec =
  | AnycastSpec
  | CapacitySpec
  | FailoverSpec
  | LatencySpec
  | MapSpec
  | MultivalueSpec
  | NearestSpec
  | PopSpec
  | RegionalSpec
  | WeightedSpec;

/** `nearest`, `latency`, `anycast`, `pop:fra`, the name of an entry of `policies`, or a policy in place. */
export type PolicyRef = string | PolicySpec;

/** Where a policy sends clients on: a policy, a POP by name, or a list of both in order of preference. */
export type Target = PolicyRef | readonly PolicyRef[];
