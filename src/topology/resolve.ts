// A validated topology file worked out in full: nodes, links, sessions, prefixes. Pure and deterministic; adding
// something at the end of a section of the file leaves the addresses of what stands before it unchanged.

import {
  clientHosts,
  clientPrefix,
  PUBLIC_RESOLVER_ADDRESS,
  PUBLIC_RESOLVER_PREFIX,
  popPrefix,
  resolverSitePrefix,
  siteHosts,
} from './addressing.ts';
import { resolveConnections } from './connections.ts';
import { resolveLinks } from './links.ts';
import { accessAsn, accessNodeName, popNodeName, resolverNodeName } from './names.ts';
import { anycastOf, resolveNodes, serverPrefix } from './nodes.ts';
import type { ReferenceData } from './reference-data.ts';
import type {
  BgpSession,
  ClientLocation,
  LabNode,
  Origination,
  Pop,
  ResolvedTopology,
  Resolver,
} from './resolved.ts';
import type { TopologyInput } from './schema.ts';

/** The input must have passed validation: what it gets wrong is an assertion here. */
export function resolveTopology(input: TopologyInput, data: ReferenceData): ResolvedTopology {
  const nodes = resolveNodes(input, data);
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  const cityOf = (node: string) => (nodeByName.get(node) as LabNode).city;
  const pops = resolvePops(input, cityOf);
  const clients = resolveClients(input, cityOf);
  const connections = resolveConnections(input, nodes, data);
  const prefixes = new Map(clients.map((client) => [client.name, client.prefix]));
  const { links, sessions } = resolveLinks(connections, prefixes, input.bfd);
  return {
    name: input.name,
    description: input.description,
    seed: input.seed,
    timers: input.timers,
    bfd: input.bfd,
    nodes,
    links,
    sessions: [...sessions, ...interiorSessions(input, nodes)],
    originations: originationsOf(input, pops, clients),
    pops,
    clients,
    resolvers: resolversOf(input, clients),
    origin: { node: 'origin', address: siteHosts(serverPrefix('origin', input)).first },
    root: { node: 'root', address: siteHosts(serverPrefix('root', input)).first },
    anycast: anycastOf(input),
    cdnAsn: input.cdn.asn,
    cache: {
      memoryBytes: megabytes(input.cdn.cache.memoryMegabytes),
      diskBytes: input.cdn.cache.diskMegabytes && megabytes(input.cdn.cache.diskMegabytes),
      shieldPops: (input.cdn.cache.shields ?? []).map(popNodeName),
    },
    steering: {
      defaultPolicy: input.steering.policy,
      ttlSeconds: input.steering.ttlSeconds,
      health: input.steering.health,
      nameServers: input.steering.nameServers,
      unicastNameServerPops: (input.steering.unicastNameServers ?? Object.keys(input.pops).slice(0, 2)).map(
        popNodeName,
      ),
      geoipErrorShare: input.steering.geoipErrorShare,
    },
  };
}

function megabytes(value: number): number {
  return Math.round(value * 1e6);
}

function resolvePops(input: TopologyInput, cityOf: (node: string) => LabNode['city']): Pop[] {
  return Object.entries(input.pops).map(([code, pop], i) => {
    const name = popNodeName(code);
    const unicastPrefix = popPrefix(i, pop.prefix);
    const hosts = siteHosts(unicastPrefix);
    return { name, code, city: cityOf(name), unicastPrefix, edge: hosts.first, dns: hosts.second };
  });
}

function resolveClients(input: TopologyInput, cityOf: (node: string) => LabNode['city']): ClientLocation[] {
  return Object.entries(input.clients).map(([name, client], i) => {
    const prefix = clientPrefix(i + 1, client.prefix);
    const accessNode = accessNodeName(name);
    return {
      name,
      city: cityOf(name),
      users: client.users,
      access: client.access ?? input.access,
      accessNode,
      accessAsn: accessAsn(i, client.asn),
      prefix,
      address: clientHosts(prefix).host,
      resolver: client.resolver === 'public' ? 'public' : accessNode,
    };
  });
}

/** Every access network runs its own resolver, also where its users prefer the public one. */
function resolversOf(input: TopologyInput, clients: ClientLocation[]): Resolver[] {
  const { clientSubnet, serveExpired } = input.resolvers;
  const own = clients.map((client): Resolver => {
    const address = clientHosts(client.prefix).resolver;
    const name = client.accessNode;
    return { name, nodes: [name], address, egress: [address], sendsClientSubnet: clientSubnet, serveExpired };
  });
  if (!input.publicResolver) return own;
  const codes = Object.keys(input.publicResolver.sites);
  const shared: Resolver = {
    name: 'public',
    nodes: codes.map(resolverNodeName),
    address: PUBLIC_RESOLVER_ADDRESS,
    egress: codes.map((_, i) => siteHosts(resolverSitePrefix(i)).first),
    sendsClientSubnet: input.publicResolver.clientSubnet,
    serveExpired,
  };
  return [...own, shared];
}

/** Full mesh inside each transit over loopbacks (RFC 4271 section 5: no re-advertisement of iBGP routes). */
function interiorSessions(input: TopologyInput, nodes: LabNode[]): BgpSession[] {
  return Object.keys(input.transits).flatMap((transit) => {
    const routers = nodes.filter((node) => node.kind === 'router' && node.as === transit);
    return routers.flatMap((a, i) => routers.slice(i + 1).map((b) => interiorSession(a, b)));
  });
}

function interiorSession(a: LabNode, b: LabNode): BgpSession {
  const end = (node: LabNode) => ({ node: node.name, asn: node.asn, addresses: node.loopback });
  return { kind: 'ibgp', a: end(a), b: end(b), bfd: false };
}

function originationsOf(input: TopologyInput, pops: Pop[], clients: ClientLocation[]): Origination[] {
  const anycast = anycastOf(input);
  const sites = Object.keys(input.publicResolver?.sites ?? {});
  return [
    ...pops.flatMap(({ name, unicastPrefix }): Origination[] => [
      { node: name, prefix: unicastPrefix, kind: 'unicast' },
      { node: name, prefix: anycast.http.prefix, kind: 'anycast-http' },
      { node: name, prefix: anycast.dns.prefix, kind: 'anycast-dns' },
    ]),
    ...clients.map(({ accessNode, prefix }): Origination => ({ node: accessNode, prefix, kind: 'unicast' })),
    ...sites.flatMap((code, i): Origination[] => [
      { node: resolverNodeName(code), prefix: resolverSitePrefix(i), kind: 'unicast' },
      { node: resolverNodeName(code), prefix: PUBLIC_RESOLVER_PREFIX, kind: 'unicast' },
    ]),
    { node: 'origin', prefix: serverPrefix('origin', input), kind: 'unicast' },
    { node: 'root', prefix: serverPrefix('root', input), kind: 'unicast' },
  ];
}
