// `anycast`: one address for everyone; which POP it reaches is for BGP to say. POPs withdraw it themselves when they are not
// healthy, so health is no part of the decision.

import { z } from '../../../base/schema.ts';
import { parseAddress } from '../../../net/ip-address.ts';
import type { PolicyKind } from '../policy-kind.ts';

export interface AnycastSpec {
  type: 'anycast';
  /** Default: the configuration's anycast address. */
  ipv4?: string;
  ipv6?: string;
}

export interface AnycastNode {
  kind: 'anycast';
  target: number;
}

const address = (length: 4 | 16, name: string) =>
  z.string().check(z.refine((text) => parseAddress(text)?.length === length, `not an ${name} address`));

export const anycast: PolicyKind<AnycastSpec, AnycastNode> = {
  type: 'anycast',
  schema: () =>
    z.strictObject({
      type: z.literal('anycast'),
      ipv4: z.optional(address(4, 'IPv4')),
      ipv6: z.optional(address(16, 'IPv6')),
    }),

  plan(spec, planner, path) {
    const own = spec.ipv4 !== undefined || spec.ipv6 !== undefined;
    const { ipv4, ipv6 } = own
      ? {
          ipv4: spec.ipv4 === undefined ? undefined : parseAddress(spec.ipv4),
          ipv6: spec.ipv6 === undefined ? undefined : parseAddress(spec.ipv6),
        }
      : planner.anycast;
    if (!ipv4 && !ipv6)
      planner.problem(path, 'policy anycast needs an address', 'set anycast.ipv4 or anycast.ipv6');
    const target = planner.answer({ kind: 'anycast', name: 'anycast', pops: [], ipv4, ipv6 });
    return { kind: 'anycast', target };
  },

  dependsOnClient: () => false,

  reaches: (node) => ({ targets: [node.target] }),

  *rank(node) {
    yield { op: 'step', target: node.target, reason: 'anycast', detail: 'BGP picks the POP' };
  },
};
