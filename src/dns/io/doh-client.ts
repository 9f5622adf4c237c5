// Whom an HTTP request is from: the peer, or, where the peer is a proxy that the configuration trusts, whom its
// X-Forwarded-For names. Each proxy appends the address it was asked from, so the list is read from its end, and what stands
// left of the first address that is no trusted proxy is only a client's claim.

import { parseAddress } from '../../net/ip-address.ts';
import { type Prefix, prefixContains } from '../../net/prefix.ts';

export function clientAddress(
  peer: Uint8Array,
  forwardedFor: string | undefined,
  trusted: readonly Prefix[],
): Uint8Array {
  const isTrusted = (address: Uint8Array) => trusted.some((prefix) => prefixContains(prefix, address));
  const claims = forwardedFor === undefined ? [] : forwardedFor.split(',');
  let client = peer;
  while (claims.length > 0 && isTrusted(client)) {
    const claim = parseAddress((claims.pop() as string).trim());
    if (!claim) break;
    client = claim;
  }
  return client;
}
