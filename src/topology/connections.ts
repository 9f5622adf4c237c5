// Who is wired to whom: every link of a topology with its ends, delay and business relationship, in the order of the
// file. Networks named without a city are reached at their nearest router.

import assert from 'node:assert';
import { type Delay, delayBetween } from './delays.ts';
import { accessNodeName, popNodeName, resolverNodeName, routerName } from './names.ts';
import type { ReferenceData } from './reference-data.ts';
import { parseCityPair, parseNetworkReference } from './references.ts';
import type { LabNode, LinkKind, Relationship } from './resolved.ts';
import type { TopologyInput } from './schema.ts';

export interface Connection extends Delay {
  kind: LinkKind;
  /** The customer, member or client where the ends differ in role. */
  a: LabNode;
  b: LabNode;
  /** What `b` is to `a`: an eBGP session runs over the link. */
  bIs?: Relationship;
  jitterMs: number;
  lossPercent: number;
}

export function resolveConnections(
  input: TopologyInput,
  nodes: LabNode[],
  data: ReferenceData,
): Connection[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const find = (name: string): LabNode => {
    const node = byName.get(name);
    assert(node, `validated topology refers to the unknown node ${name}`);
    return node;
  };
  const connect = (
    kind: LinkKind,
    a: LabNode,
    b: LabNode,
    bIs?: Relationship,
    statedMs?: number,
  ): Connection => ({
    kind,
    a,
    b,
    bIs,
    ...delayBetween(a.city, b.city, data, statedMs),
    jitterMs: 0,
    lossPercent: 0,
  });
  const attach = (node: LabNode, links: { providers?: string[]; peers?: string[] }): Connection[] =>
    (['provider', 'peer'] as const).flatMap(
      (bIs) =>
        (bIs === 'provider' ? links.providers : links.peers)?.map((text) => {
          const { network, city, delayMs } = parseNetworkReference(text);
          return connect(
            'interconnect',
            node,
            attachmentPoint(network, city, node, nodes, data),
            bIs,
            delayMs,
          );
        }) ?? [],
    );

  const backbone = Object.entries(input.transits).flatMap(([name, transit]) =>
    transit.links.map((text) => {
      const { a, b, delayMs } = parseCityPair(text);
      return connect('backbone', find(routerName(name, a)), find(routerName(name, b)), undefined, delayMs);
    }),
  );
  const interconnects = input.interconnects.flatMap((interconnect) =>
    interconnect.at.map((text) => {
      const { a: firstCity, b: secondCity, delayMs } = parseCityPair(text);
      const end = (network: string, city: string) =>
        find(byName.has(network) ? network : routerName(network, city));
      if ('peers' in interconnect) {
        const [a, b] = interconnect.peers;
        return connect('interconnect', end(a, firstCity), end(b, secondCity), 'peer', delayMs);
      }
      const { provider, customer } = interconnect;
      return connect(
        'interconnect',
        end(customer, secondCity),
        end(provider, firstCity),
        'provider',
        delayMs,
      );
    }),
  );
  const pops = Object.entries(input.pops).flatMap(([code, pop]) => attach(find(popNodeName(code)), pop));
  const access = Object.entries(input.clients).flatMap(([name, client]) => {
    const profileName = client.access ?? input.access;
    const profile = data.accessProfiles[profileName];
    const lastMile: Connection = {
      ...connect('access', find(name), find(accessNodeName(name)), undefined, profile.rttMs / 2),
      source: `access profile ${profileName}: ${profile.rttMs} ms a round trip`,
      // Both directions vary independently, so variances add up to the round trip's.
      jitterMs: Math.round((profile.jitterMs / Math.SQRT2) * 1000) / 1000,
      lossPercent: profile.lossPercent / 2,
    };
    return [lastMile, ...attach(find(accessNodeName(name)), { providers: client.upstreams })];
  });
  const resolvers = Object.entries(input.publicResolver?.sites ?? {}).flatMap(([code, site]) =>
    attach(find(resolverNodeName(code)), site),
  );
  const servers = (['origin', 'root'] as const).flatMap((name) => attach(find(name), input[name]));
  const ports = Object.entries(input.ixps).flatMap(([name, ixp]) =>
    ixp.members.map((text) => {
      const { network, city, delayMs } = parseNetworkReference(text);
      const lan = find(name);
      return connect('ixp-port', attachmentPoint(network, city, lan, nodes, data), lan, undefined, delayMs);
    }),
  );
  return [...backbone, ...interconnects, ...pops, ...access, ...resolvers, ...servers, ...ports];
}

/** The node of a network to connect to: in the stated city, else nearest to `from` (the first of equals). */
export function attachmentPoint(
  network: string,
  city: string | undefined,
  from: LabNode,
  nodes: LabNode[],
  data: ReferenceData,
): LabNode {
  const candidates = nodes.filter(
    (node) =>
      (node.name === network || (node.kind === 'router' && node.as === network)) &&
      (city === undefined || node.city.code === city),
  );
  const nearest = candidates
    .map((node) => ({ node, delayMs: delayBetween(from.city, node.city, data).delayMs }))
    .reduce((best, candidate) => (candidate.delayMs < best.delayMs ? candidate : best));
  return nearest.node;
}
