// All steering policies by type. A new one is a file in kinds/ and a line here.

import { anycast } from './kinds/anycast.ts';
import { capacity } from './kinds/capacity.ts';
import { failover } from './kinds/failover.ts';
import { latency } from './kinds/latency.ts';
import { map } from './kinds/map.ts';
import { multivalue } from './kinds/multivalue.ts';
import { nearest } from './kinds/nearest.ts';
import { pop } from './kinds/pop.ts';
import { regional } from './kinds/regional.ts';
import { weighted } from './kinds/weighted.ts';
import type { PolicyKind } from './policy-kind.ts';
import type { PolicySpec } from './policy-spec.ts';

export const POLICY_KINDS = [
  nearest,
  map,
  latency,
  weighted,
  failover,
  capacity,
  regional,
  multivalue,
  anycast,
  pop,
] as const;

/** Policies that are written as a single word, without a specification. */
export const POLICY_WORDS = ['nearest', 'latency', 'anycast'] as const;

/** Plain data of its kind; the kind's file knows what is in it. */
export type PolicyNode = { kind: string };

export function kindOf(type: string): PolicyKind<PolicySpec, PolicyNode> {
  const kind = POLICY_KINDS.find((each) => each.type === type);
  if (!kind) throw new TypeError(`no policy type ${type}`);
  // The list holds kinds of different specs; a node or spec goes only to the kind that its own tag names.
  return kind as unknown as PolicyKind<PolicySpec, PolicyNode>;
}
