// Whose answer is it? The network in the EDNS Client Subnet option, or, without one or when the client opted out with
// source length 0 (RFC 7871 section 7.1.2), the address that the query came from: the resolver's.

import type { SteeringDecision } from './steering/policy.ts';
import type { ClientSubnetOption } from './wire/client-subnet-option.ts';

export interface ClientNetwork {
  address: Uint8Array;
  prefixLength: number;
  from: 'ecs' | 'source';
}

export function clientNetwork(option: ClientSubnetOption | undefined, source: Uint8Array): ClientNetwork {
  return option && option.sourcePrefixLength > 0
    ? { address: option.address, prefixLength: option.sourcePrefixLength, from: 'ecs' }
    : { address: source, prefixLength: source.length * 8, from: 'source' };
}

/**
 * The scope to answer with. 0 only where everyone gets this answer, or to a client that gave no network; a decision that
 * knows no prefix holds for the asking network alone.
 */
export function scopeFor(option: ClientSubnetOption, decision: SteeringDecision | undefined): number {
  if (option.sourcePrefixLength === 0 || !decision) return 0;
  return decision.scopePrefixLength ?? option.sourcePrefixLength;
}
