// Who asked, for the one behind: X-Forwarded-For, -Proto, -Host, and Forwarded (RFC 7239). A client can write anything
// into them, so they are made anew from the connection; only what comes from a trusted prefix (a child edge, a load
// balancer) is believed and continued.

import { hostInUrl } from '../../net/endpoint.ts';
import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import { parsePrefix, prefixContains } from '../../net/prefix.ts';
import { type Fields, fieldValue, withoutFields } from '../fields.ts';

export interface ForwardedPolicy {
  trusts(clientAddress: string): boolean;
  sendsXForwarded: boolean;
  sendsForwarded: boolean;
}

export interface Asked {
  clientAddress: string;
  /** Host the client asked for. */
  authority: string;
  protocol: 'http' | 'https';
  /** Own name in Forwarded's `by`. */
  pseudonym: string;
  /** As received, where `fields` has lost what is not part of the key; absent: `fields`. */
  received?: Fields;
}

export function forwardedPolicy(options: {
  trust: readonly string[];
  send: readonly ('x-forwarded' | 'forwarded')[];
}): ForwardedPolicy {
  const prefixes = options.trust.flatMap((text) => parsePrefix(text) ?? []);
  return {
    trusts(clientAddress) {
      if (prefixes.length === 0) return false;
      const address = parseAddress(plainAddress(clientAddress));
      return address !== undefined && prefixes.some((prefix) => prefixContains(prefix, address));
    },
    sendsXForwarded: options.send.includes('x-forwarded'),
    sendsForwarded: options.send.includes('forwarded'),
  };
}

/** The fields with the forwarded ones made anew; others that servers take for the client's address are left out. */
export function rewriteForwarded(fields: Fields, asked: Asked, policy: ForwardedPolicy): string[] {
  const trusted = policy.trusts(asked.clientAddress);
  const earlier = (name: string) => (trusted ? fieldValue(asked.received ?? fields, name) : undefined);
  const address = plainAddress(asked.clientAddress);
  const kept = withoutFields(fields, REPLACED);
  if (policy.sendsXForwarded) {
    const chain = earlier('x-forwarded-for');
    kept.push('X-Forwarded-For', chain ? `${chain}, ${address}` : address);
    kept.push('X-Forwarded-Host', earlier('x-forwarded-host') ?? asked.authority);
    kept.push('X-Forwarded-Proto', earlier('x-forwarded-proto') ?? asked.protocol);
  }
  if (policy.sendsForwarded) {
    const chain = earlier('forwarded');
    const element = forwardedElement({ ...asked, clientAddress: address });
    kept.push('Forwarded', chain ? `${chain}, ${element}` : element);
  }
  return kept;
}

const REPLACED = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-original-url',
  'x-rewrite-url',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
]);

/** `for=192.0.2.1;host=example.com;proto=http;by=_catchment-fra` (RFC 7239 sections 4 and 6). */
function forwardedElement(asked: Asked): string {
  const node = tokenOrQuoted(hostInUrl(asked.clientAddress));
  return `for=${node};host=${tokenOrQuoted(asked.authority)};proto=${asked.protocol};by=_${asked.pseudonym}`;
}

function tokenOrQuoted(value: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value)) return value;
  return `"${value.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}

/** A socket for both families calls an IPv4 client ::ffff:192.0.2.1. */
function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped) return mapped[1] as string;
  const bytes = parseAddress(bare);
  return bytes ? formatAddress(bytes) : 'unknown';
}
