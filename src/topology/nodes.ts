// Every node of a topology with its name, place, AS and addresses, but without interfaces yet. The order of the file is
// the order of nodes, and so of router ids: it decides ties between equal BGP routes, the same way in every run.

import assert from 'node:assert';
import {
  ANYCAST_DNS_PREFIX,
  ANYCAST_HTTP_PREFIX,
  anycastAddress,
  clientHosts,
  clientPrefix,
  loopback,
  ORIGIN_PREFIX,
  overriddenPrefix,
  PUBLIC_RESOLVER_ADDRESS,
  peeringLanAddress,
  popPrefix,
  ROOT_PREFIX,
  resolverSitePrefix,
  siteHosts,
} from './addressing.ts';
import {
  accessAsn,
  accessNodeName,
  clientCityCode,
  popNodeName,
  resolverNodeName,
  routerName,
} from './names.ts';
import type { ReferenceData } from './reference-data.ts';
import type { City, LabNode, ResolvedTopology } from './resolved.ts';
import type { TopologyInput } from './schema.ts';

/** Name of the bridge in an IXP's node. */
const PEERING_LAN = 'lan';

export function resolveNodes(input: TopologyInput, data: ReferenceData): LabNode[] {
  const nextLoopback = counter();
  const cityOf = (code: string): City => {
    const city = data.cities.get(code);
    assert(city, `validated topology names the unknown city ${code}`);
    return city;
  };
  const anycast = anycastOf(input);

  const routers = Object.entries(input.transits).flatMap(([name, transit]) =>
    transit.routers.map((code) =>
      node(routerName(name, code), 'router', cityOf(code), name, transit.asn, loopback(nextLoopback())),
    ),
  );
  const ixps = Object.entries(input.ixps).map(
    ([name, ixp], i): LabNode => ({
      ...node(name, 'ixp', cityOf(ixp.city), name, ixp.asn, loopback(nextLoopback())),
      bridge: { name: PEERING_LAN, addresses: peeringLanAddress(i, 1) },
    }),
  );
  const pops = Object.entries(input.pops).map(([code, pop], i) => {
    const hosts = siteHosts(popPrefix(i, pop.prefix));
    const services = [hosts.first, hosts.second, anycast.http.address, anycast.dns.address];
    return node(
      popNodeName(code),
      'pop',
      cityOf(pop.city ?? code),
      'cdn',
      input.cdn.asn,
      hosts.router,
      services,
    );
  });
  const clients = Object.entries(input.clients).flatMap(([name, client], i) => {
    const city = cityOf(clientCityCode(name, client.city, data.cities) ?? '');
    const asn = accessAsn(i, client.asn);
    const as = accessNodeName(name);
    const hosts = clientHosts(clientPrefix(i + 1, client.prefix));
    return [
      node(as, 'access', city, as, asn, loopback(nextLoopback()), [hosts.resolver]),
      { ...node(name, 'client', city, as, asn, hosts.host), defaultGateway: hosts.router },
    ];
  });
  const resolvers = Object.entries(input.publicResolver?.sites ?? {}).map(([code, site], i) => {
    const hosts = siteHosts(resolverSitePrefix(i));
    const asn = input.publicResolver?.asn ?? 0;
    const services = [PUBLIC_RESOLVER_ADDRESS, hosts.first];
    return node(
      resolverNodeName(code),
      'resolver',
      cityOf(site.city ?? code),
      'public-resolver',
      asn,
      hosts.router,
      services,
    );
  });
  const servers = (['origin', 'root'] as const).map((name) => {
    const hosts = siteHosts(serverPrefix(name, input));
    return node(name, name, cityOf(input[name].city), name, input[name].asn, hosts.router, [hosts.first]);
  });
  return [...routers, ...ixps, ...pops, ...clients, ...resolvers, ...servers];
}

export function anycastOf(input: TopologyInput): ResolvedTopology['anycast'] {
  const http = overriddenPrefix(ANYCAST_HTTP_PREFIX, input.cdn.anycast?.http);
  const dns = overriddenPrefix(ANYCAST_DNS_PREFIX, input.cdn.anycast?.dns);
  return {
    http: { prefix: http, address: anycastAddress(http) },
    dns: { prefix: dns, address: anycastAddress(dns) },
  };
}

export function serverPrefix(name: 'origin' | 'root', input: TopologyInput) {
  return overriddenPrefix(name === 'origin' ? ORIGIN_PREFIX : ROOT_PREFIX, input[name].prefix);
}

function node(
  name: string,
  kind: LabNode['kind'],
  city: City,
  as: string,
  asn: number,
  ownAddress: LabNode['loopback'],
  serviceAddresses: LabNode['serviceAddresses'] = [],
): LabNode {
  return { name, kind, city, as, asn, loopback: ownAddress, serviceAddresses, interfaces: [] };
}

function counter(): () => number {
  let n = 0;
  return () => {
    n += 1;
    return n;
  };
}
