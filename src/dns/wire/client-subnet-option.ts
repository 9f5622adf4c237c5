// The EDNS Client Subnet option (RFC 7871 section 6), read as strictly as gdnsd and BIND do: a sloppy option is a
// FORMERR, because an answer to a misread network would be cached for the wrong users.

import { maskBytes } from '../../net/prefix.ts';

export interface ClientSubnetOption {
  /** 1 IPv4, 2 IPv6; 0 only when the client gives no address (source length 0). */
  family: 0 | 1 | 2;
  sourcePrefixLength: number;
  /** In queries always 0. */
  scopePrefixLength: number;
  /** All 4 or 16 bytes, those that were not sent are zero. */
  address: Uint8Array;
}

/** A string says what is malformed. Replies (`scope` allowed) and queries share the rest of the rules. */
export function parseClientSubnet(
  data: Uint8Array,
  kind: 'query' | 'reply' = 'query',
): ClientSubnetOption | string {
  if (data.length < 4) return 'client-subnet-truncated';
  const family = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  const sourcePrefixLength = data[2] ?? 0;
  const scopePrefixLength = data[3] ?? 0;
  const addressBytes = { 0: 0, 1: 4, 2: 16 }[family];
  if (addressBytes === undefined) return 'client-subnet-unknown-family';
  if (sourcePrefixLength > 8 * addressBytes) return 'client-subnet-source-too-long';
  if (kind === 'query' && scopePrefixLength !== 0) return 'client-subnet-scope-in-query';
  const sent = data.subarray(4);
  const expected = Math.ceil(sourcePrefixLength / 8);
  if (sent.length < expected) return 'client-subnet-address-too-short';
  if (sent.length > expected) return 'client-subnet-address-too-long';
  const address = new Uint8Array(addressBytes);
  address.set(sent);
  if (hasHostBits(sent, sourcePrefixLength)) return 'client-subnet-host-bits-set';
  return { family: family as 0 | 1 | 2, sourcePrefixLength, scopePrefixLength, address };
}

/** The option's payload: in a reply it repeats family, source and address (RFC 7871 section 7.2.1). */
export function encodeClientSubnet(option: ClientSubnetOption): Uint8Array {
  const sent = maskBytes(option.address, option.sourcePrefixLength).subarray(
    0,
    Math.ceil(option.sourcePrefixLength / 8),
  );
  return Uint8Array.of(0, option.family, option.sourcePrefixLength, option.scopePrefixLength, ...sent);
}

function hasHostBits(sent: Uint8Array, length: number): boolean {
  const spare = 8 * sent.length - length;
  return sent.length > 0 && ((sent[sent.length - 1] ?? 0) & ((1 << spare) - 1)) !== 0;
}
