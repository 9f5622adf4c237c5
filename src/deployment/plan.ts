// From a resolved topology to a lab plan: every node, link, file and process, with nothing left to decide. Pure, and
// the same bytes for the same topology, so that `up --dry-run` and golden files mean something.

import { TOPOLOGY_FILE } from '../runtimes/lab-folder.ts';
import type {
  LabPlan,
  PlannedFile,
  PlannedInterface,
  PlannedLink,
  PlannedNode,
  PlannedService,
} from '../runtimes/lab-plan.ts';
import { EDGE_FLAGS, NODE_FLAGS } from '../runtimes/programs.ts';
import type { LabInterface, LabNode, Link, ResolvedTopology } from '../topology/resolved.ts';
import { agentConfig, both, dnsConfig, edgeConfig } from './service-configs/pop.ts';
import { rootHints, unboundConfig } from './service-configs/unbound.ts';
import { cdnZone, rootZones } from './service-configs/zones.ts';

/** What the plan needs from outside the topology: made by pure functions of other rooms from files they own. */
export interface PlanInputs {
  birdConfig: (node: LabNode) => string;
  geoipDatabase: Uint8Array;
}

export function planLab(labName: string, topology: ResolvedTopology, inputs: PlanInputs): LabPlan {
  const services = new Map(topology.nodes.map((node) => [node.name, servicesOf(topology, node, inputs)]));
  const linkIndex = new Map(topology.links.map((link, index) => [link.name, index]));
  return {
    name: labName,
    topology: topology.name,
    seed: topology.seed,
    nodes: topology.nodes.map((node) => planNode(topology, node, services.get(node.name) ?? [], linkIndex)),
    links: topology.links.map(planLink),
    files: [
      // Commands on the running lab read the topology from here.
      { path: TOPOLOGY_FILE, content: JSON.stringify(topology) },
      { path: 'geoip.mmdb', content: inputs.geoipDatabase },
      { path: 'root.hints', content: rootHints(topology) },
      { path: 'cdn.test.zone', content: cdnZone(topology) },
      ...[...services.values()].flatMap((list) => list.flatMap(({ files }) => files)),
    ],
  };
}

interface ServiceWithFiles {
  service: PlannedService;
  files: PlannedFile[];
}

function servicesOf(topology: ResolvedTopology, node: LabNode, inputs: PlanInputs): ServiceWithFiles[] {
  const pop = topology.pops.find((each) => each.name === node.name);
  const resolver = topology.resolvers.find((each) => each.nodes.includes(node.name));
  const file = (name: string, content: string): PlannedFile => ({
    path: `${node.name}/${name}`,
    node: node.name,
    content,
  });
  const nodeService = (
    name: string,
    room: string,
    config: object,
    extra: PlannedFile[] = [],
  ): ServiceWithFiles => ({
    service: {
      name,
      argv: [
        '{node}',
        ...(room === 'edge' ? EDGE_FLAGS : NODE_FLAGS),
        `{program:${room}}`,
        '--config',
        `{lab}/${node.name}/${name}.json`,
      ],
      health: { kind: 'http', socket: `{run}/${name}.sock`, path: name === 'agent' ? '/state' : '/healthz' },
    },
    files: [file(`${name}.json`, `${JSON.stringify(config, null, 2)}\n`), ...extra],
  });
  const list: ServiceWithFiles[] = [];
  if (node.kind !== 'client') {
    list.push({
      service: {
        name: 'bird',
        argv: ['bird', '-f', '-c', `{lab}/${node.name}/bird.conf`, '-s', '{run}/bird.ctl'],
        health: { kind: 'bird', socket: '{run}/bird.ctl' },
        urgent: true,
      },
      files: [file('bird.conf', inputs.birdConfig(node))],
    });
  }
  if (resolver) {
    list.push({
      service: {
        name: 'unbound',
        argv: ['unbound', '-d', '-p', '-c', `{lab}/${node.name}/unbound.conf`],
        health: { kind: 'unbound', socket: '{run}/unbound.ctl' },
      },
      files: [file('unbound.conf', unboundConfig(topology, resolver, node.name))],
    });
  }
  if (pop) {
    list.push(
      nodeService('dns', 'dns', dnsConfig(topology, pop)),
      nodeService('edge', 'edge', edgeConfig(topology, pop)),
      nodeService('agent', 'agent', agentConfig(topology, pop)),
    );
  }
  if (node.kind === 'origin') {
    const listen = both(topology.origin.address).map((address) => ({ address, port: 80 }));
    list.push(
      nodeService('origin', 'origin', {
        listen,
        seed: topology.seed,
        latencyProfile: 'none',
        admin: { path: '{run}/origin.sock' },
      }),
    );
  }
  if (node.kind === 'root') {
    const zones = rootZones(topology);
    const listen = both(topology.root.address).map((address) => ({ address, port: 53 }));
    const config = {
      listen,
      nsid: 'root',
      workers: 0,
      zones: Object.keys(zones),
      admin: { path: '{run}/dns.sock' },
    };
    list.push(
      nodeService(
        'dns',
        'dns',
        config,
        Object.entries(zones).map(([name, content]) => file(name, content)),
      ),
    );
  }
  return list;
}

function planNode(
  topology: ResolvedTopology,
  node: LabNode,
  services: ServiceWithFiles[],
  linkIndex: Map<string, number>,
): PlannedNode {
  const client = topology.clients.find((each) => each.name === node.name);
  const resolverName = client?.resolver ?? resolverNear(topology, node);
  const resolver = topology.resolvers.find((each) => each.name === resolverName);
  const loopbacks = [node.loopback, ...node.serviceAddresses];
  return {
    name: node.name,
    kind: node.kind,
    city: node.city.name,
    asn: node.asn,
    loopbackAddresses: loopbacks.flatMap(({ ipv4, ipv6 }) => [`${ipv4}/32`, `${ipv6}/128`]),
    interfaces: node.interfaces.map((port) => planInterface(topology, node, port, linkIndex)),
    forwarding: node.kind !== 'client',
    ...(node.bridge ? { bridge: { name: node.bridge.name, addresses: both(node.bridge.addresses) } } : {}),
    ...(node.defaultGateway ? { defaultGateway: node.defaultGateway } : {}),
    hosts: hostsFile(node, resolver?.address),
    resolvConf: resolver
      ? `nameserver ${resolver.address.ipv4}\nnameserver ${resolver.address.ipv6}\noptions timeout:2 attempts:2\n`
      : '# no resolver reaches this node\n',
    services: services.map(({ service }) => service),
  };
}

/** Link-local addresses and MACs are made of the link's index and the end's side: the same on every run. */
function planInterface(
  topology: ResolvedTopology,
  node: LabNode,
  port: LabInterface,
  linkIndex: Map<string, number>,
): PlannedInterface {
  const index = linkIndex.get(port.link) ?? 0;
  const link = topology.links[index];
  const side = link?.a.node === node.name && link.a.interface === port.name ? 1 : 2;
  const linkLocal = (end: number) => `fe80::${(index + 1).toString(16)}:${end}`;
  const mac = (end: number) => `02:00:${hexByte((index + 1) >> 8)}:${hexByte((index + 1) & 0xff)}:00:0${end}`;
  const otherEnd = side === 1 ? link?.b : link?.a;
  const other = topology.nodes
    .find((each) => each.name === otherEnd?.node)
    ?.interfaces.find((each) => each.name === otherEnd?.interface);
  const addresses = port.addresses ? [...both(port.addresses), `${linkLocal(side)}/64`] : [];
  const plain = { name: port.name, link: port.link, addresses, mac: mac(side) };
  if (!port.addresses || !other?.addresses) return plain;
  const known = both(other.addresses).map((address) => address.split('/')[0] ?? '');
  return { ...plain, neighbour: { addresses: [...known, linkLocal(3 - side)], mac: mac(3 - side) } };
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

/** A resolver's own node uses it; other nodes but routers, whose addresses are not routed, use the public one. */
function resolverNear(topology: ResolvedTopology, node: LabNode): string | undefined {
  const own = topology.resolvers.find((each) => each.nodes.includes(node.name));
  return own?.name;
}

function hostsFile(node: LabNode, resolver: { ipv4: string; ipv6: string } | undefined): string {
  const lines = [
    '127.0.0.1 localhost',
    '::1 localhost',
    `${node.loopback.ipv4} ${node.name}`,
    `${node.loopback.ipv6} ${node.name}`,
  ];
  if (resolver) lines.push(`${resolver.ipv4} resolver`, `${resolver.ipv6} resolver`);
  return `${lines.join('\n')}\n`;
}

function planLink(link: Link): PlannedLink {
  const impairment = {
    delayMs: link.delayMs,
    ...(link.jitterMs > 0 ? { jitterMs: link.jitterMs } : {}),
    ...(link.lossPercent > 0 ? { lossPercent: link.lossPercent } : {}),
    ...(link.rateMbit ? { rateMbit: link.rateMbit } : {}),
  };
  return { name: link.name, a: link.a, b: link.b, aToB: { ...impairment }, bToA: { ...impairment } };
}
