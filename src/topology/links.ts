// Turns connections into links: names, interfaces with addresses on both nodes, and the eBGP sessions over them.

import { addressAt } from '../net/ip-address.ts';
import { clientHosts, LAST_MILE_LENGTHS, linkAddresses, withLengths, withoutLengths } from './addressing.ts';
import type { Connection } from './connections.ts';
import type { BgpSession, DualStack, LabNode, Link, Relationship } from './resolved.ts';

/** Linux's IFNAMSIZ less the final zero byte. */
const INTERFACE_NAME_LENGTH = 15;

/** `address/length` of both ends; the IXP's end of a port is a bridge port and has none. */
type LinkEnds = { a: DualStack; b?: DualStack };

/** Adds interfaces to the nodes; `clientPrefixes` by name of the client. */
export function resolveLinks(
  connections: Connection[],
  clientPrefixes: Map<string, DualStack>,
  bfd: boolean,
): { links: Link[]; sessions: BgpSession[] } {
  const nextLinkAddresses = linkAddressSequence();
  const nextLanAddress = lanAddressSequence();
  const links: Link[] = [];
  const sessions: BgpSession[] = [];

  for (const connection of connections) {
    const { a, b, kind } = connection;
    const clientPrefix = clientPrefixes.get(a.name);
    const ends: LinkEnds =
      kind === 'ixp-port'
        ? { a: nextLanAddress(b) }
        : kind === 'access' && clientPrefix
          ? lastMileAddresses(clientPrefix)
          : nextLinkAddresses();
    const name = unusedName(`${a.name}--${b.name}`, links, '--');
    links.push({
      name,
      kind,
      a: { node: a.name, interface: addInterface(a, b, name, ends.a) },
      b: { node: b.name, interface: addInterface(b, a, name, ends.b) },
      delayMs: connection.delayMs,
      jitterMs: connection.jitterMs,
      lossPercent: connection.lossPercent,
      delaySource: connection.source,
    });
    sessions.push(...sessionsOver(connection, name, ends, bfd));
  }
  return { links, sessions };
}

function sessionsOver(
  { kind, a, b, bIs }: Connection,
  link: string,
  ends: LinkEnds,
  bfd: boolean,
): BgpSession[] {
  const supervised = bfd && (a.kind === 'pop' || b.kind === 'pop');
  const end = (node: LabNode, addresses: DualStack) => ({
    node: node.name,
    asn: node.asn,
    addresses: withoutLengths(addresses),
  });
  if (kind === 'ixp-port' && b.bridge) {
    const routeServer = end(b, b.bridge.addresses);
    return [{ kind: 'rs', a: { ...end(a, ends.a), neighbourIs: 'peer' }, b: routeServer, bfd: supervised }];
  }
  if (!bIs || !ends.b) return [];
  return [
    {
      kind: 'ebgp',
      a: { ...end(a, ends.a), neighbourIs: bIs },
      b: { ...end(b, ends.b), neighbourIs: opposite(bIs) },
      link,
      bfd: supervised,
    },
  ];
}

function opposite(relationship: Relationship): Relationship {
  if (relationship === 'peer') return 'peer';
  return relationship === 'customer' ? 'provider' : 'customer';
}

function lastMileAddresses(prefix: DualStack): LinkEnds {
  const hosts = clientHosts(prefix);
  return { a: withLengths(hosts.host, LAST_MILE_LENGTHS), b: withLengths(hosts.router, LAST_MILE_LENGTHS) };
}

function linkAddressSequence(): () => LinkEnds {
  let n = 0;
  return () => {
    n += 1;
    return linkAddresses(n);
  };
}

/** Members follow the route server on the LAN, in the order of their ports. */
function lanAddressSequence(): (ixp: LabNode) => DualStack {
  const members = new Map<string, number>();
  return (ixp) => {
    const member = (members.get(ixp.name) ?? 0) + 1;
    members.set(ixp.name, member);
    const lan = ixp.bridge?.addresses ?? { ipv4: '', ipv6: '' };
    const routeServer = withoutLengths(lan);
    const lengthOf = (prefix: string) => prefix.slice(prefix.lastIndexOf('/'));
    return {
      ipv4: addressAt(routeServer.ipv4, member) + lengthOf(lan.ipv4),
      ipv6: addressAt(routeServer.ipv6, member) + lengthOf(lan.ipv6),
    };
  };
}

function addInterface(node: LabNode, neighbour: LabNode, link: string, addresses?: DualStack): string {
  const name = unusedName(
    neighbour.name.slice(0, INTERFACE_NAME_LENGTH),
    node.interfaces,
    '-',
    INTERFACE_NAME_LENGTH,
  );
  node.interfaces.push({ name, link, neighbour: neighbour.name, ...(addresses && { addresses }) });
  return name;
}

/** The base, or the base cut to fit and numbered from 2. */
function unusedName(
  base: string,
  taken: { name: string }[],
  separator: string,
  limit = Number.POSITIVE_INFINITY,
): string {
  let name = base;
  for (let n = 2; taken.some((other) => other.name === name); n++) {
    const suffix = `${separator}${n}`;
    name = base.slice(0, limit - suffix.length) + suffix;
  }
  return name;
}
