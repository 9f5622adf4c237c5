// Builds a ResolvedTopology from a few lines, for tests that need a certain BGP situation rather than a whole world.

import type {
  BgpSession,
  DualStack,
  LabInterface,
  LabNode,
  NodeKind,
  Relationship,
  ResolvedTopology,
} from '../../../src/topology/resolved.ts';

export interface Sketch {
  /** Transit AS: routers by city, backbone links with one-way delays. */
  transits: Record<string, { asn: number; routers: string[]; links?: [string, string, number][] }>;
  /** POPs by city code with the routers they buy from. */
  pops: Record<string, { providers: string[]; delayMs?: number }>;
  /** Client locations with the routers their access network buys from. */
  clients: Record<string, { providers: string[]; delayMs?: number }>;
  /** `a` is `relationship` of b's: [a, b, what b is to a, delay]. */
  interconnects?: [string, string, Relationship, number][];
  ixp?: { name: string; members: string[] };
  bfd?: boolean;
}

export function buildTopology(sketch: Sketch): ResolvedTopology {
  const nodes = new Map<string, LabNode>();
  const topology: ResolvedTopology = {
    name: 'sketch',
    description: 'built by a test',
    seed: 1,
    timers: 'fast',
    bfd: sketch.bfd ?? false,
    nodes: [],
    links: [],
    sessions: [],
    originations: [],
    pops: [],
    clients: [],
    resolvers: [],
    origin: { node: '', address: { ipv4: '198.19.240.2', ipv6: '2001:db8:c000::2' } },
    root: { node: '', address: { ipv4: '198.19.241.2', ipv6: '2001:db8:c001::2' } },
    anycast: {
      http: {
        prefix: { ipv4: '192.0.2.0/24', ipv6: '2001:db8:a000::/48' },
        address: { ipv4: '192.0.2.1', ipv6: '2001:db8:a000::1' },
      },
      dns: {
        prefix: { ipv4: '198.51.100.0/24', ipv6: '2001:db8:a001::/48' },
        address: { ipv4: '198.51.100.1', ipv6: '2001:db8:a001::1' },
      },
    },
    cdnAsn: 64500,
    cache: { memoryBytes: 16_000_000, diskBytes: undefined, shieldPops: [] },
    steering: {
      defaultPolicy: 'nearest',
      ttlSeconds: 20,
      health: { intervalSeconds: 1, timeoutSeconds: 1, rise: 2, fall: 3 },
      nameServers: 'mixed',
      unicastNameServerPops: [],
      geoipErrorShare: 0,
    },
  };

  const addNode = (
    name: string,
    kind: NodeKind,
    as: string,
    asn: number,
    serviceAddresses: DualStack[] = [],
  ) => {
    const n = nodes.size + 1;
    const city = { name, code: name.slice(-3), country: 'XX', continent: 'EU', latitude: 0, longitude: 0 };
    const node: LabNode = {
      name,
      kind,
      city,
      as,
      asn,
      loopback: { ipv4: `198.18.0.${n}`, ipv6: `2001:db8:0:${n.toString(16)}::1` },
      serviceAddresses,
      interfaces: [],
    };
    nodes.set(name, node);
    return node;
  };
  const get = (name: string): LabNode => {
    const node = nodes.get(name);
    if (!node) throw new Error(`no node ${name} in the sketch`);
    return node;
  };
  const connect = (
    a: LabNode,
    b: LabNode,
    kind: 'backbone' | 'interconnect' | 'access' | 'ixp-port',
    delayMs: number,
    addresses?: { a: DualStack; b?: DualStack; lengths: [number, number] },
  ) => {
    const n = topology.links.length + 1;
    const pair = addresses ?? {
      a: { ipv4: `198.18.${64 + (n >> 7)}.${(2 * n) & 255}`, ipv6: `2001:db8:1:${n.toString(16)}::` },
      b: { ipv4: `198.18.${64 + (n >> 7)}.${((2 * n) & 255) + 1}`, ipv6: `2001:db8:1:${n.toString(16)}::1` },
      lengths: [31, 127] as [number, number],
    };
    const port = (from: LabNode, to: LabNode, own?: DualStack): LabInterface => {
      const base = to.name.slice(0, 15);
      const name = from.interfaces.some((other) => other.name === base) ? `${base.slice(0, 12)}-${n}` : base;
      const withLength = own && {
        ipv4: `${own.ipv4}/${pair.lengths[0]}`,
        ipv6: `${own.ipv6}/${pair.lengths[1]}`,
      };
      const made: LabInterface = {
        name,
        link: `${a.name}--${b.name}`,
        neighbour: to.name,
        addresses: withLength,
      };
      from.interfaces.push(made);
      return made;
    };
    const link = {
      name: `${a.name}--${b.name}`,
      kind,
      a: { node: a.name, interface: port(a, b, pair.a).name },
      b: { node: b.name, interface: port(b, a, pair.b).name },
      delayMs,
      jitterMs: 0,
      lossPercent: 0,
      delaySource: 'stated in the topology',
    };
    topology.links.push(link);
    return { link: link.name, a: pair.a, b: pair.b };
  };
  const reverse = { customer: 'provider', provider: 'customer', peer: 'peer' } as const;
  const ebgp = (a: LabNode, b: LabNode, bIs: Relationship, delayMs: number, bfd = false) => {
    const { link, a: aAddress, b: bAddress } = connect(a, b, 'interconnect', delayMs);
    if (!bAddress) throw new Error('unreachable');
    topology.sessions.push({
      kind: 'ebgp',
      a: { node: a.name, asn: a.asn, addresses: aAddress, neighbourIs: bIs },
      b: { node: b.name, asn: b.asn, addresses: bAddress, neighbourIs: reverse[bIs] },
      link,
      bfd,
    });
  };

  for (const [as, { asn, routers, links = [] }] of Object.entries(sketch.transits)) {
    const members = routers.map((city) => addNode(`${as}-${city}`, 'router', as, asn));
    for (const [from, to, delayMs] of links)
      connect(get(`${as}-${from}`), get(`${as}-${to}`), 'backbone', delayMs);
    members.forEach((a, i) => {
      for (const b of members.slice(i + 1)) {
        const end = (node: LabNode) => ({ node: node.name, asn, addresses: node.loopback });
        topology.sessions.push({ kind: 'ibgp', a: end(a), b: end(b), bfd: false } satisfies BgpSession);
      }
    });
  }
  for (const [a, b, bIs, delayMs] of sketch.interconnects ?? []) ebgp(get(a), get(b), bIs, delayMs);

  Object.entries(sketch.pops).forEach(([code, { providers, delayMs = 0.5 }], i) => {
    const edge = { ipv4: `203.0.113.${16 * i + 2}`, ipv6: `2001:db8:${(0xb000 + i).toString(16)}::2` };
    const dns = { ipv4: `203.0.113.${16 * i + 3}`, ipv6: `2001:db8:${(0xb000 + i).toString(16)}::3` };
    const { http, dns: anycastDns } = topology.anycast;
    const node = addNode(`pop-${code}`, 'pop', 'cdn', 64500, [edge, dns, http.address, anycastDns.address]);
    for (const provider of providers) ebgp(node, get(provider), 'provider', delayMs, sketch.bfd);
    const unicastPrefix = {
      ipv4: `203.0.113.${16 * i}/28`,
      ipv6: `2001:db8:${(0xb000 + i).toString(16)}::/48`,
    };
    topology.pops.push({ name: node.name, code, city: node.city, unicastPrefix, edge, dns });
    topology.originations.push(
      { node: node.name, prefix: unicastPrefix, kind: 'unicast' },
      { node: node.name, prefix: http.prefix, kind: 'anycast-http' },
      { node: node.name, prefix: anycastDns.prefix, kind: 'anycast-dns' },
    );
  });

  Object.entries(sketch.clients).forEach(([name, { providers, delayMs = 1 }], index) => {
    const i = index + 1;
    const net6 = `2001:db8:${(0x4000 + i).toString(16)}`;
    const resolverAddress = { ipv4: `100.64.${i}.53`, ipv6: `${net6}::53` };
    const asn = 4200000000 + i;
    const access = addNode(`isp-${name}`, 'access', `isp-${name}`, asn, [resolverAddress]);
    const client = addNode(name, 'client', access.as, asn);
    for (const provider of providers) ebgp(access, get(provider), 'provider', delayMs);
    const gateway = { ipv4: `100.64.${i}.1`, ipv6: `${net6}::1` };
    const address = { ipv4: `100.64.${i}.10`, ipv6: `${net6}::10` };
    connect(client, access, 'access', 2, { a: address, b: gateway, lengths: [24, 64] });
    client.defaultGateway = gateway;
    const prefix = { ipv4: `100.64.${i}.0/24`, ipv6: `${net6}::/48` };
    topology.originations.push({ node: access.name, prefix, kind: 'unicast' });
    topology.resolvers.push({
      name: access.name,
      nodes: [access.name],
      address: resolverAddress,
      egress: [resolverAddress],
      sendsClientSubnet: false,
      serveExpired: false,
    });
    topology.clients.push({
      name,
      city: client.city,
      users: 1,
      access: 'fibre',
      accessNode: access.name,
      accessAsn: asn,
      prefix,
      address,
      resolver: access.name,
    });
  });

  if (sketch.ixp) {
    const server = addNode(sketch.ixp.name, 'ixp', sketch.ixp.name, 64511);
    const lan = (host: number) => ({
      ipv4: `198.18.200.${host}`,
      ipv6: `2001:db8:2:1::${host.toString(16)}`,
    });
    server.bridge = {
      name: 'br-lan',
      addresses: { ipv4: `${lan(250).ipv4}/24`, ipv6: `${lan(250).ipv6}/64` },
    };
    sketch.ixp.members.forEach((member, i) => {
      const node = get(member);
      connect(node, server, 'ixp-port', 0.2, { a: lan(i + 1), lengths: [24, 64] });
      topology.sessions.push({
        kind: 'rs',
        a: { node: member, asn: node.asn, addresses: lan(i + 1), neighbourIs: 'peer' },
        b: { node: server.name, asn: server.asn, addresses: lan(250) },
        bfd: false,
      });
    });
  }
  topology.nodes = [...nodes.values()];
  return topology;
}
