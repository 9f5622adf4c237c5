// The rate limit of a route (`rateLimit`): who counts as one client, and its bucket. A client is its address, of IPv6 its
// /64, which is what a single customer gets at least (RFC 6177).

import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import { maskBytes } from '../../net/prefix.ts';
import type { RateLimitPolicy } from '../policy/route-policy.ts';
import { textHash } from '../policy/text-hash.ts';
import { type RateDecision, RateTable } from './rate-table.ts';

export interface RateLimiter {
  take(clientAddress: string, nowMs: number): RateDecision;
}

/** `seed` keeps clients from choosing whose bucket they share; any random 32 bits. */
export function createRateLimiter(policy: RateLimitPolicy, seed: number): RateLimiter {
  const { requestsPerSecond, burst, per } = policy;
  if (per === 'route') {
    const table = new RateTable(requestsPerSecond, burst, 1);
    return { take: (_, nowMs) => table.take(0, 1, nowMs) };
  }
  const table = new RateTable(requestsPerSecond, burst);
  return {
    take(clientAddress, nowMs) {
      const client = clientOf(clientAddress, policy);
      return table.take(textHash(client, seed), textHash(client, ~seed), nowMs);
    },
  };
}

/** The network that an address counts for; IPv4 in IPv6 counts as IPv4, what is no address as itself. */
export function clientOf(
  address: string,
  { ipv4PrefixLength, ipv6PrefixLength }: Pick<RateLimitPolicy, 'ipv4PrefixLength' | 'ipv6PrefixLength'>,
): string {
  const plain =
    address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  if (!plain.includes(':') && ipv4PrefixLength === 32) return plain;
  const bytes = parseAddress(plain);
  if (!bytes) return plain;
  return formatAddress(maskBytes(bytes, bytes.length === 4 ? ipv4PrefixLength : ipv6PrefixLength));
}
