// The lab's address plan: who gets which address, as text, from positions alone. Only documentation, benchmark and
// shared ranges (RFC 5737, RFC 2544, RFC 6598, RFC 3849), so that nothing in the lab can be mistaken for the real world.
//
//   198.18.0.0/18  router ids and loopbacks     198.18.64.0/18 to 198.18.239.255  links, /31 each (RFC 3021)
//   198.18.240.0/24 onwards  peering LANs       100.64.0.0/10  client locations, /24 each
//   192.0.2.0/24 and 198.51.100.0/24  anycast   203.0.113.0/24, then 198.19.0.0/16  POPs, /28 each

import { addressAt, formatAddress, parseAddress } from '../net/ip-address.ts';
import type { DualStack } from './resolved.ts';

/** Prefixes that a topology file names itself; the other family keeps the lab's. */
export type PrefixOverride = Partial<DualStack>;

/** POPs whose /28 fits in 203.0.113.0/24. */
const POPS_IN_TEST_NET_3 = 16;

export const ADDRESS_LIMITS = {
  /** /28s in 203.0.113.0/24 and 198.19.0.0-198.19.239.255, before the origin's. */
  pops: POPS_IN_TEST_NET_3 + 240 * 16,
  /** /24s in 100.64.0.0/10, without the first. */
  clients: 64 * 256 - 1,
  /** 198.18.240.0/24 to 198.18.255.0/24. */
  ixps: 16,
  ixpMembers: 252,
  /** Egress prefixes of the public resolver in 198.19.243.0/24. */
  resolverSites: 16,
} as const;

/** The reserved range of links, loopbacks and peering LANs. */
export const INFRASTRUCTURE: DualStack = { ipv4: '198.18.0.0/16', ipv6: '2001:db8::/46' };

/** Loopback of the n-th node that has one, from 1. */
export function loopback(n: number): DualStack {
  return { ipv4: addressAt('198.18.0.0', n), ipv6: canonical(`2001:db8:0:${hex(n)}::1`) };
}

/** Both ends of the n-th link, from 1, with lengths (/31 and, RFC 6164, /127). */
export function linkAddresses(n: number): { a: DualStack; b: DualStack } {
  const ipv4 = addressAt('198.18.64.0', 2 * (n - 1));
  const end = (offset: number): DualStack => ({
    ipv4: `${addressAt(ipv4, offset)}/31`,
    ipv6: `${canonical(`2001:db8:1:${hex(n)}::${offset}`)}/127`,
  });
  return { a: end(0), b: end(1) };
}

/** Address with length on the i-th peering LAN (from 0): the route server is host 1, members follow. */
export function peeringLanAddress(i: number, host: number): DualStack {
  return {
    ipv4: `${addressAt('198.18.240.0', 256 * i + host)}/24`,
    ipv6: `${canonical(`2001:db8:2:${hex(i + 1)}::${hex(host)}`)}/64`,
  };
}

/** The i-th client location, from 1. */
export function clientPrefix(i: number, override: PrefixOverride = {}): DualStack {
  return {
    ipv4: `${addressAt('100.64.0.0', 256 * i)}/24`,
    ipv6: `2001:db8:${hex(0x4000 + i)}::/48`,
    ...defined(override),
  };
}

export function clientHosts(prefix: DualStack): { router: DualStack; host: DualStack; resolver: DualStack } {
  return {
    router: hostIn(prefix, 1, '1'),
    host: hostIn(prefix, 10, '10'),
    resolver: hostIn(prefix, 53, '53'),
  };
}

/**
 * Lengths of the last-mile subnet. Long enough to leave the resolver's address outside, so that a client reaches it
 * through its router: it sits on the router's loopback, where neighbour discovery would not find it.
 */
export const LAST_MILE_LENGTHS = { ipv4: 28, ipv6: 123 } as const;

/** The i-th POP, from 0. */
export function popPrefix(i: number, override: PrefixOverride = {}): DualStack {
  const ipv4 =
    i < POPS_IN_TEST_NET_3
      ? addressAt('203.0.113.0', 16 * i)
      : addressAt('198.19.0.0', 16 * (i - POPS_IN_TEST_NET_3));
  return { ipv4: `${ipv4}/28`, ipv6: `2001:db8:${hex(0xb000 + i)}::/48`, ...defined(override) };
}

/** Router, edge cache and name server of a POP; router and server of the origin and of the root. */
export function siteHosts(prefix: DualStack): { router: DualStack; first: DualStack; second: DualStack } {
  return { router: hostIn(prefix, 1, '1'), first: hostIn(prefix, 2, '2'), second: hostIn(prefix, 3, '3') };
}

export const ORIGIN_PREFIX: DualStack = { ipv4: '198.19.240.0/28', ipv6: '2001:db8:c000::/48' };
export const ROOT_PREFIX: DualStack = { ipv4: '198.19.241.0/28', ipv6: '2001:db8:c001::/48' };
export const ANYCAST_HTTP_PREFIX: DualStack = { ipv4: '192.0.2.0/24', ipv6: '2001:db8:a000::/48' };
export const ANYCAST_DNS_PREFIX: DualStack = { ipv4: '198.51.100.0/24', ipv6: '2001:db8:a001::/48' };
export const PUBLIC_RESOLVER_PREFIX: DualStack = { ipv4: '198.19.242.0/24', ipv6: '2001:db8:c002::/48' };

export const PUBLIC_RESOLVER_ADDRESS: DualStack = hostIn(PUBLIC_RESOLVER_PREFIX, 53, '53');

/** Egress of the i-th site of the public resolver, from 0. */
export function resolverSitePrefix(i: number): DualStack {
  return { ipv4: `${addressAt('198.19.243.0', 16 * i)}/28`, ipv6: `2001:db8:${hex(0xc100 + i)}::/48` };
}

export function anycastAddress(prefix: DualStack): DualStack {
  return hostIn(prefix, 1, '1');
}

export function overriddenPrefix(prefix: DualStack, override: PrefixOverride = {}): DualStack {
  return { ...prefix, ...defined(override) };
}

/** `address/length` in both families. */
export function withLengths(address: DualStack, lengths: { ipv4: number; ipv6: number }): DualStack {
  return { ipv4: `${address.ipv4}/${lengths.ipv4}`, ipv6: `${address.ipv6}/${lengths.ipv6}` };
}

/** The addresses alone of a pair with lengths. */
export function withoutLengths(addresses: DualStack): DualStack {
  return { ipv4: networkOf(addresses.ipv4), ipv6: networkOf(addresses.ipv6) };
}

/** IPv4 hosts count in decimal, IPv6 ones are written so that both read alike: .10 and ::10. */
function hostIn(prefix: DualStack, ipv4Host: number, ipv6Host: string): DualStack {
  return {
    ipv4: addressAt(networkOf(prefix.ipv4), ipv4Host),
    ipv6: addressAt(networkOf(prefix.ipv6), Number.parseInt(ipv6Host, 16)),
  };
}

function networkOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/'));
}

function hex(n: number): string {
  return n.toString(16);
}

function canonical(text: string): string {
  const bytes = parseAddress(text);
  if (!bytes) throw new TypeError(`not an IPv6 address: ${text}`);
  return formatAddress(bytes);
}

function defined(override: PrefixOverride): PrefixOverride {
  return Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
}
