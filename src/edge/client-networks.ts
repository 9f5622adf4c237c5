// Which client networks this POP serves, and over which kind of address: the catchment as the edge sees it. A network
// is a /24 or /48, what the Internet routes and what ECS carries (RFC 7871 section 11.1). Bounded: the first networks
// keep their own count and all further ones share `other`, so that no client can choose how many time series there are.

import { formatAddress, parseAddress } from '../net/ip-address.ts';
import { formatPrefix, maskBytes } from '../net/prefix.ts';

/** Twice what the largest topology of the lab has; some 40 KiB. */
export const MAX_NETWORKS = 512;

export const OTHER = 'other';

/** `unknown` where the configuration does not tell. */
export type AddressKind = 'anycast' | 'unicast' | 'unknown';

export interface NetworkCount {
  network: string;
  addressKind: AddressKind;
  requests: number;
  /** Of the latest request, milliseconds since the epoch. */
  lastMs: number;
}

export class ClientNetworks {
  readonly #counts = new Map<string, NetworkCount>();

  /** The count of a client's network; ask once per connection. */
  of(clientAddress: string, addressKind: AddressKind): NetworkCount {
    const network = networkOf(clientAddress);
    const key = `${network} ${addressKind}`;
    const known = this.#counts.get(key);
    if (known) return known;
    if (network !== OTHER && this.#counts.size >= MAX_NETWORKS) return this.#add(OTHER, addressKind);
    return this.#add(network, addressKind);
  }

  entries(): NetworkCount[] {
    return [...this.#counts.values()].filter(({ requests }) => requests > 0);
  }

  #add(network: string, addressKind: AddressKind): NetworkCount {
    const key = `${network} ${addressKind}`;
    const count = this.#counts.get(key) ?? { network, addressKind, requests: 0, lastMs: 0 };
    this.#counts.set(key, count);
    return count;
  }
}

function networkOf(address: string): string {
  const bytes = parseAddress(address);
  if (!bytes) return OTHER;
  const length = bytes.length === 4 ? 24 : 48;
  return formatPrefix({ bytes: maskBytes(bytes, length), length });
}

/**
 * Tells the kind of a local address. Where the configuration lists no anycast addresses, its source address says it for
 * one family: the origin is to see the unicast one.
 */
export function addressKinds(config: {
  anycast?: string[];
  sourceAddress?: string;
}): (localAddress: string) => AddressKind {
  const anycast = config.anycast?.map(canonical);
  const source = config.sourceAddress === undefined ? undefined : canonical(config.sourceAddress);
  const kindOf = (local: string) => {
    if (anycast) return anycast.includes(local) ? 'anycast' : 'unicast';
    if (source === undefined || source.includes(':') !== local.includes(':')) return 'unknown';
    return source === local ? 'unicast' : 'anycast';
  };
  // Asked for every connection, and a machine has few addresses.
  const known = new Map<string, AddressKind>();
  return (localAddress) => {
    const before = known.get(localAddress);
    if (before) return before;
    const kind = kindOf(canonical(localAddress));
    if (known.size < MAX_NETWORKS) known.set(localAddress, kind);
    return kind;
  };
}

function canonical(address: string): string {
  const bytes = parseAddress(address);
  return bytes ? formatAddress(bytes) : address;
}
