// Configurations of what runs on a POP: GeoDNS, edge cache, agent. Each service owns its config type; these objects
// are checked against it when the service reads them, and by the golden tests.

import { CDN_ZONE } from '../../topology/cdn-zone.ts';
import type { DualStack, Pop, ResolvedTopology } from '../../topology/resolved.ts';
import { STEERED_NAMES } from '../names.ts';

export const AGENT_PORT = 8053;
/** Where edges take purges from each other. */
const PURGE_PORT = 9088;

export function dnsConfig(topology: ResolvedTopology, pop: Pop) {
  const { anycast, steering } = topology;
  const names = STEERED_NAMES.map((label) => ({
    name: `${label}.${CDN_ZONE}`,
    policy: label === 'www' ? steering.defaultPolicy : label,
    ttlSeconds: steering.ttlSeconds,
  }));
  return {
    listen: [pop.dns, anycast.dns.address].flatMap(both).map((address) => ({ address, port: 53 })),
    nsid: pop.name,
    // Two dozen servers share the machine, and none has many clients.
    workers: 0,
    zones: ['../cdn.test.zone'],
    geoip: '../geoip.mmdb',
    pops: topology.pops.map((each) => ({
      name: each.name,
      code: each.code,
      latitude: each.city.latitude,
      longitude: each.city.longitude,
      ...each.edge,
      healthUrl: `http://${each.edge.ipv4}/healthz`,
      rttUrl: `http://${each.edge.ipv4}:${AGENT_PORT}/rtt`,
    })),
    anycast: anycast.http.address,
    steering: names.flatMap((entry) => [entry, { ...entry, name: `*.${entry.name}` }]),
    health: steering.health,
    // A lab's routes are changed on purpose: what the POPs measure is soon known.
    rttPollSeconds: 1,
    sourceAddresses: pop.dns,
    admin: { path: '{run}/dns.sock' },
  };
}

export function edgeConfig(topology: ResolvedTopology, pop: Pop) {
  const { memoryBytes, diskBytes, shieldPops } = topology.cache;
  const shields = topology.pops.filter(({ name }) => shieldPops.includes(name));
  const others = topology.pops.filter((other) => other !== pop);
  const isShield = shields.includes(pop);
  const { health } = topology.steering;
  return {
    listen: [pop.edge, topology.anycast.http.address].flatMap(both).map((address) => ({ address, port: 80 })),
    anycast: both(topology.anycast.http.address),
    pop: pop.code,
    origin: { host: `origin.${CDN_ZONE}`, address: topology.origin.address.ipv4, port: 80 },
    sourceAddress: pop.edge.ipv4,
    cacheBytes: memoryBytes,
    // What another policy or more memory would give is a question that labs are for.
    ghosts: true,
    ...(diskBytes !== undefined && { disk: { directory: '{run}/cache', bytes: diskBytes } }),
    // A shield asks the origin: two that asked each other would only be further away from it.
    ...(shields.length > 0 &&
      !isShield && {
        shield: {
          parents: shields.map(({ code, edge }) => ({
            name: code,
            pop: code,
            address: edge.ipv4,
            port: 80,
          })),
          healthCheck: {
            intervalMs: health.intervalSeconds * 1000,
            timeoutMs: health.timeoutSeconds * 1000,
            rise: health.rise,
            fall: health.fall,
          },
        },
      }),
    // To a shield the other edges are clients that tell the truth about theirs.
    ...(isShield && { forwarded: { trust: others.map(({ edge }) => `${edge.ipv4}/32`) } }),
    // Whose requests may ask why they were answered so: `./lab explain http`.
    trace: { allow: topology.clients.flatMap(({ prefix }) => [prefix.ipv4, prefix.ipv6]) },
    purge: {
      listen: { address: pop.edge.ipv4, port: PURGE_PORT },
      peers: others.map(({ code, edge }) => ({ name: code, url: `http://${edge.ipv4}:${PURGE_PORT}` })),
      ...(diskBytes !== undefined && { journal: '{run}/purges' }),
    },
    drainFile: '{run}/drained',
    admin: { path: '{run}/edge.sock' },
  };
}

export function agentConfig(topology: ResolvedTopology, pop: Pop) {
  return {
    pop: pop.code,
    birdSocket: '{run}/bird.ctl',
    listen: [{ address: pop.edge.ipv4, port: AGENT_PORT }, { path: '{run}/agent.sock' }],
    sourceAddress: pop.edge.ipv4,
    services: [
      {
        name: 'edge',
        check: { kind: 'http', url: `http://${topology.anycast.http.address.ipv4}/healthz` },
        protocols: ['anycast_http4', 'anycast_http6'],
      },
      {
        name: 'dns',
        check: { kind: 'dns', address: pop.dns.ipv4, port: 53, name: CDN_ZONE },
        protocols: ['anycast_dns4', 'anycast_dns6'],
      },
    ],
    drainFile: '{run}/drained',
    targets: [
      ...topology.clients.flatMap(({ prefix, address }) => [
        { prefix: prefix.ipv4, address: address.ipv4 },
        { prefix: prefix.ipv6, address: address.ipv6 },
      ]),
      // A resolver that sends no client subnet is all that steering sees of its clients.
      ...publicResolverEgress(topology).flatMap(({ ipv4, ipv6 }) => [
        { prefix: `${ipv4}/32`, address: ipv4 },
        { prefix: `${ipv6}/128`, address: ipv6 },
      ]),
    ],
  };
}

/** Egress addresses outside the client prefixes; an ISP's resolver is in its clients' own. */
function publicResolverEgress(topology: ResolvedTopology): DualStack[] {
  const sites = new Set(topology.nodes.filter((node) => node.kind === 'resolver').map((node) => node.name));
  return topology.resolvers.flatMap(({ nodes, egress }) =>
    egress.filter((_, index) => sites.has(nodes[index] ?? '')),
  );
}

export function both(address: { ipv4: string; ipv6: string }): string[] {
  return [address.ipv4, address.ipv6];
}
