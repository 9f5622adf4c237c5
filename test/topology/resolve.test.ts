// What every resolved topology must satisfy, on small, large and generated ones alike.

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseAddress } from '../../src/net/ip-address.ts';
import { parsePrefix, prefixContains, prefixesOverlap } from '../../src/net/prefix.ts';
import { generateTopology } from '../../src/topology/generate.ts';
import { loadTopology, topologyNames } from '../../src/topology/io/load-topology.ts';
import { readReferenceData } from '../../src/topology/io/read-reference-data.ts';
import { parseTopology } from '../../src/topology/parse.ts';
import { resolveTopology } from '../../src/topology/resolve.ts';
import type { DualStack, ResolvedTopology } from '../../src/topology/resolved.ts';

const data = readReferenceData();

function parseAndResolve(text: string): ResolvedTopology {
  const { input, problems } = parseTopology(text, 'test.yaml', data);
  if (!input) throw new Error(JSON.stringify(problems));
  return resolveTopology(input, data);
}

const generated = (routers: number, routersOnly: boolean, seed: number) =>
  parseAndResolve(stringify(generateTopology({ routers, routersOnly, seed })));

const topologies: [string, ResolvedTopology][] = [
  ...topologyNames().map((name): [string, ResolvedTopology] => [name, loadTopology(name).topology]),
  ...[1, 2, 3].map((seed): [string, ResolvedTopology] => [
    `40 routers only, seed ${seed}`,
    generated(40, true, seed),
  ]),
  ['60 routers', generated(60, false, 4)],
];

const both = (address: DualStack) => [address.ipv4, address.ipv6];
const bare = (text: string) => text.replace(/\/.*/, '');
const unique = (values: unknown[]) => new Set(values).size === values.length;

describe.each(topologies)('%s', (_name, topology) => {
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  const asnOf = (name: string) => nodes.get(name)?.asn;

  it('has unique names that fit', () => {
    expect(unique(topology.nodes.map((node) => node.name))).toBe(true);
    expect(unique(topology.links.map((link) => link.name))).toBe(true);
    for (const node of topology.nodes) {
      expect(node.name.length, node.name).toBeLessThanOrEqual(16);
      expect(unique(node.interfaces.map((port) => port.name)), node.name).toBe(true);
      for (const port of node.interfaces) expect(port.name.length, port.name).toBeLessThanOrEqual(15);
    }
  });

  it('gives each address to one node, and each loopback to one router', () => {
    const addresses = topology.nodes
      .filter((node) => node.kind !== 'client')
      .flatMap((node) => [
        ...both(node.loopback),
        ...node.interfaces.flatMap((port) => (port.addresses ? both(port.addresses).map(bare) : [])),
      ]);
    expect(unique(addresses)).toBe(true);
    for (const address of addresses) expect(parseAddress(address), address).toBeDefined();
  });

  it('joins every link to an interface at both ends, with addresses in one subnet', () => {
    for (const link of topology.links) {
      const ends = [link.a, link.b].map(({ node, interface: name }) =>
        nodes.get(node)?.interfaces.find((port) => port.name === name && port.link === link.name),
      );
      expect(ends.every(Boolean), link.name).toBe(true);
      expect(link.delayMs, link.name).toBeGreaterThan(0);
      expect(link.delaySource, link.name).not.toBe('');
      const [a, b] = ends.map((port) => port?.addresses);
      if (link.kind === 'ixp-port') {
        expect(b, link.name).toBeUndefined();
        expect(nodes.get(link.b.node)?.bridge, link.name).toBeDefined();
      } else if (a && b) {
        expect(subnetOf(a.ipv4)).toBe(subnetOf(b.ipv4));
        expect(subnetOf(a.ipv6)).toBe(subnetOf(b.ipv6));
      }
    }
  });

  it('has sessions whose ends own their addresses and agree on what they are to each other', () => {
    const opposite = { customer: 'provider', provider: 'customer', peer: 'peer' };
    for (const { kind, a, b, link, bfd } of topology.sessions) {
      for (const end of [a, b]) {
        const node = nodes.get(end.node);
        const own = [
          node?.loopback,
          node?.bridge?.addresses,
          ...(node?.interfaces.map((port) => port.addresses) ?? []),
        ].flatMap((address) => (address ? both(address).map(bare) : []));
        expect(own).toEqual(expect.arrayContaining(both(end.addresses)));
        expect(end.asn).toBe(asnOf(end.node));
      }
      expect(kind === 'ibgp').toBe(a.asn === b.asn);
      if (kind === 'ebgp') {
        expect(link).toBeDefined();
        expect(b.neighbourIs).toBe(opposite[a.neighbourIs ?? 'peer']);
      }
      const popSession = [a, b].some(({ node }) => nodes.get(node)?.kind === 'pop');
      expect(bfd).toBe(topology.bfd && popSession && kind !== 'ibgp');
    }
  });

  it('originates unicast prefixes that do not overlap, and holds its service addresses in them', () => {
    const prefixes = [
      ...new Set(
        topology.originations.filter(({ kind }) => kind === 'unicast').flatMap(({ prefix }) => both(prefix)),
      ),
    ].map((text) => ({ text, prefix: parsePrefix(text) }));
    prefixes.forEach(({ text, prefix }, i) => {
      for (const other of prefixes.slice(i + 1)) {
        expect(prefix && other.prefix && prefixesOverlap(prefix, other.prefix), `${text} ${other.text}`).toBe(
          false,
        );
      }
    });
    for (const node of topology.nodes) {
      const own = topology.originations.filter((origination) => origination.node === node.name);
      for (const address of node.serviceAddresses.flatMap(both)) {
        const bytes = parseAddress(address) as Uint8Array;
        const held = own.some(({ prefix }) =>
          both(prefix).some((text) => {
            const parsed = parsePrefix(text);
            return parsed && prefixContains(parsed, bytes);
          }),
        );
        expect(held, `${node.name} ${address}`).toBe(true);
      }
    }
  });

  it('gives every client a router and a resolver', () => {
    const resolvers = new Map(topology.resolvers.map((resolver) => [resolver.name, resolver]));
    for (const client of topology.clients) {
      const node = nodes.get(client.name);
      expect(node?.interfaces).toHaveLength(1);
      expect(node?.interfaces[0]?.neighbour).toBe(client.accessNode);
      const resolver = resolvers.get(client.resolver);
      for (const name of resolver?.nodes ?? []) expect(nodes.has(name)).toBe(true);
      expect(resolver?.egress).toHaveLength(resolver?.nodes.length ?? -1);
    }
    for (const name of topology.steering.unicastNameServerPops) expect(nodes.get(name)?.kind).toBe('pop');
  });

  it('is the same each time', () => {
    expect(JSON.stringify(parseTopologyAgain(topology))).toBe(JSON.stringify(topology));
  });
});

function parseTopologyAgain(topology: ResolvedTopology): ResolvedTopology {
  if (topologyNames().includes(topology.name)) return loadTopology(topology.name).topology;
  const routers = Number(topology.name.replace('generated-', ''));
  return generated(routers, routers === 40, topology.seed);
}

function subnetOf(text: string): string {
  const [address = '', length] = text.split('/');
  const bits = [...(parseAddress(address) ?? [])].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.slice(0, Number(length));
}
