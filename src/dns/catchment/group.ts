// A catchment is computed in two steps. First every prefix of a GeoIP file is put into a group: the prefixes with the
// same record and the same answer, of which a full city database has a hundred thousand where it has millions of
// prefixes. Then all figures come from the groups, exactly and in no time.

import type { Coordinates } from '../../net/great-circle.ts';

export interface Destination {
  /** A POP's name; `anycast` where BGP picks it. */
  pop: string;
  /** Of the group's clients; the shares of a group add up to 1. Less than 1 where a hash or a load decides. */
  share: number;
  /** From where GeoIP puts the clients; absent when it does not know, or BGP picks. */
  km?: number | undefined;
}

export interface GroupTraits {
  /** Empty when there is no answer. */
  destinations: readonly Destination[];
  /** Whether the GeoIP file has a record at all; address space without one is mostly in nobody's use. */
  known: boolean;
  /** Only where GeoIP knows more than the country. */
  coordinates?: Coordinates | undefined;
  city?: string | undefined;
  /** ISO 3166-1 alpha-2 and GeoLite2's continent code. */
  country?: string | undefined;
  continent?: string | undefined;
}

export interface GroupSize {
  prefixes: number;
  /** IPv4 addresses. */
  addresses: number;
  /** IPv6 networks of /48, what a site is given (RFC 6177); longer prefixes count as their part of one. */
  networks: number;
}

export interface CatchmentGroup extends GroupTraits, GroupSize {}

/** IPv4 addresses, or IPv6 /48 networks, in a prefix of `length` bits. */
export function prefixSize(addressBytes: number, length: number): number {
  return 2 ** ((addressBytes === 4 ? 32 : 48) - length);
}
