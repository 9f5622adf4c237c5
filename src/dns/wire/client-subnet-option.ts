// The EDNS Client Subnet option (RFC 7871 section 6), read as strictly as gdnsd and BIND do: a sloppy option is a
// FORMERR, because an answer to a misread network would be cached for the wrong users.

import { maskBytes } from '../../net/prefix.ts';

export interface ClientSubnetOption {
  /** 1 IPv4, 2 IPv6; 0 only when the client gives no address (source length 0). */
  family: 0 | 1 | 2;
  sourcePrefixLength: number;
  /** In queries always 0. */
  scopePrefixLength: number;
  /** All 4 or 16 bytes (none for family 0), those that were not sent are zero. */
  address: Uint8Array;
}

/** One option to read into again and again: the hot path allocates nothing. */
export class ClientSubnetReader implements ClientSubnetOption {
  family: 0 | 1 | 2 = 0;
  sourcePrefixLength = 0;
  scopePrefixLength = 0;
  address: Uint8Array = NO_ADDRESS;
  #ipv4 = new Uint8Array(4);
  #ipv6 = new Uint8Array(16);

  /** Reads the payload `bytes[start, end)`; a string says what is malformed. Replies may carry a scope. */
  read(bytes: Uint8Array, start: number, end: number, kind: 'query' | 'reply'): string | undefined {
    if (end - start < 4) return 'client-subnet-truncated';
    const family = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
    const source = bytes[start + 2] as number;
    const scope = bytes[start + 3] as number;
    if (family > 2) return 'client-subnet-unknown-family';
    const address = family === 1 ? this.#ipv4 : family === 2 ? this.#ipv6 : NO_ADDRESS;
    if (source > 8 * address.length) return 'client-subnet-source-too-long';
    if (kind === 'query' && scope !== 0) return 'client-subnet-scope-in-query';
    const sent = end - start - 4;
    const expected = (source + 7) >> 3;
    if (sent < expected) return 'client-subnet-address-too-short';
    if (sent > expected) return 'client-subnet-address-too-long';
    const spare = 8 * sent - source;
    if (sent > 0 && ((bytes[end - 1] as number) & ((1 << spare) - 1)) !== 0) {
      return 'client-subnet-host-bits-set';
    }
    for (let i = 0; i < address.length; i++) address[i] = i < sent ? (bytes[start + 4 + i] as number) : 0;
    this.family = family as 0 | 1 | 2;
    this.sourcePrefixLength = source;
    this.scopePrefixLength = scope;
    this.address = address;
    return undefined;
  }
}

const NO_ADDRESS = new Uint8Array(0);

/** The option's payload, its host bits cleared: what a client sends (RFC 7871 section 6). */
export function encodeClientSubnet(option: ClientSubnetOption): Uint8Array {
  const sent = maskBytes(option.address, option.sourcePrefixLength).subarray(
    0,
    (option.sourcePrefixLength + 7) >> 3,
  );
  return Uint8Array.of(0, option.family, option.sourcePrefixLength, option.scopePrefixLength, ...sent);
}
