// Follows a packet through the predicted routes, hop by hop as the routers forward it: each looks the destination up in
// its own table. Delays of the links it crosses add up to the planned one-way delay.

import { formatAddress, parseAddress } from '../net/ip-address.ts';
import { type Prefix, parsePrefix, prefixContains } from '../net/prefix.ts';
import type { LabNode, Link, ResolvedTopology } from '../topology/resolved.ts';
import type { Route } from './bgp-decision.ts';
import {
  type PredictedRoutes,
  type PredictionOptions,
  predictRoutes,
  type RibEntry,
} from './predict-routes.ts';
import { sourceAddress } from './source-address.ts';

export type LabFamily = 4 | 6;

export interface PredictedPath {
  /** Nodes that handle the packet as IP, source first: what traceroute shows. An IXP's bridge is not among them. */
  nodes: string[];
  /** Names of the links crossed, in order. */
  links: string[];
  /** One way, without jitter. */
  delayMs: number;
  /** False when a router had no route (`unreachable`) or the packet went in circles (`loop`). */
  reached: boolean;
  failure?: 'unreachable' | 'loop';
}

const MAXIMUM_HOPS = 64; // the initial TTL of Linux

/**
 * The path from a node to an address, or to a node's name: then to the address that node speaks from (a POP's edge
 * address, a client's own, a transit's loopback).
 */
export function predictPath(
  topology: ResolvedTopology,
  from: string,
  to: string,
  family: LabFamily = 4,
  options?: PredictionOptions,
): PredictedPath {
  return followPath(
    new Forwarding(settledRoutes(topology, options)),
    from,
    destinationAddress(topology, to, family),
  );
}

/** Round trip from a client to a POP (`pop-fra`), `anycast` (HTTP) or any address; undefined when either way fails. */
export function plannedRttMs(
  topology: ResolvedTopology,
  client: string,
  to: string,
  family: LabFamily = 4,
  options?: PredictionOptions,
): number | undefined {
  const forwarding = new Forwarding(settledRoutes(topology, options));
  return roundTrip(forwarding, client, destinationAddress(topology, to, family), family)?.rttMs;
}

/** Forward along the predicted path, back along the other one: BGP is asymmetric. */
export function roundTrip(
  forwarding: Forwarding,
  from: string,
  address: string,
  family: LabFamily,
): { rttMs: number; forward: PredictedPath; reverse: PredictedPath } | undefined {
  const forward = followPath(forwarding, from, address);
  const end = forward.nodes.at(-1);
  if (!forward.reached || end === undefined) return undefined;
  const source = sourceAddress(forwarding.routes.topology, from)[family === 4 ? 'ipv4' : 'ipv6'];
  const reverse = followPath(forwarding, end, source);
  if (!reverse.reached) return undefined;
  return { rttMs: roundMs(forward.delayMs + reverse.delayMs), forward, reverse };
}

const settled = new WeakMap<ResolvedTopology, PredictedRoutes>();

/** Routes with nothing failed are computed once per topology. */
export function settledRoutes(topology: ResolvedTopology, options: PredictionOptions = {}): PredictedRoutes {
  if (options.failedNodes?.length || options.failedLinks?.length || options.withdrawn?.length) {
    return predictRoutes(topology, options);
  }
  const known = settled.get(topology);
  if (known) return known;
  const routes = predictRoutes(topology);
  settled.set(topology, routes);
  return routes;
}

export function destinationAddress(topology: ResolvedTopology, to: string, family: LabFamily): string {
  const key = family === 4 ? 'ipv4' : 'ipv6';
  if (to === 'anycast') return topology.anycast.http.address[key];
  if (parseAddress(to)) return to;
  return sourceAddress(topology, to)[key];
}

/** Everything a lookup needs, indexed once. */
export class Forwarding {
  readonly routes: PredictedRoutes;
  readonly #nodes: Map<string, LabNode>;
  readonly #links: Map<string, Link>;
  readonly #owners = new Map<string, Set<string>>();
  readonly #coveringRibs = new Map<string, Map<string, RibEntry>[]>();
  readonly #ribs: { prefix: Prefix; byNode: Map<string, RibEntry> }[] = [];

  constructor(routes: PredictedRoutes) {
    const { topology } = routes;
    this.routes = routes;
    this.#nodes = new Map(topology.nodes.map((node) => [node.name, node]));
    this.#links = new Map(topology.links.map((link) => [link.name, link]));
    for (const node of topology.nodes) {
      const ports = node.interfaces.flatMap((port) => (port.addresses ? [port.addresses] : []));
      for (const { ipv4, ipv6 } of [node.loopback, ...node.serviceAddresses, ...ports]) {
        for (const address of [ipv4, ipv6]) this.#own(canonical(address.split('/')[0] ?? ''), node.name);
      }
    }
    for (const { prefix, byNode } of routes.ribs.values()) {
      for (const text of [prefix.ipv4, prefix.ipv6]) {
        const parsed = parsePrefix(text);
        if (parsed) this.#ribs.push({ prefix: parsed, byNode });
      }
    }
    this.#ribs.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  node(name: string): LabNode {
    const node = this.#nodes.get(name);
    if (!node) throw new TypeError(`no node ${name}`);
    return node;
  }

  delayMs(link: string): number {
    return this.#links.get(link)?.delayMs ?? 0;
  }

  isOwner(node: string, address: string): boolean {
    return this.#owners.get(address)?.has(node) ?? false;
  }

  /** The router's best route to an address, by longest match. */
  lookup(node: string, address: string): Route | undefined {
    for (const byNode of this.#covering(address)) {
      const entry = byNode.get(node);
      if (entry) return entry.best;
    }
    return undefined;
  }

  /** Tables of the prefixes that contain an address, longest first; the same few addresses are asked for again and again. */
  #covering(address: string): Map<string, RibEntry>[] {
    const known = this.#coveringRibs.get(address);
    if (known) return known;
    const bytes = parseAddress(address);
    if (!bytes) throw new TypeError(`not an IP address: ${address}`);
    const found = this.#ribs
      .filter(({ prefix }) => prefixContains(prefix, bytes))
      .map(({ byNode }) => byNode);
    this.#coveringRibs.set(address, found);
    return found;
  }

  /** A neighbour at the other end of a living link that has the address: connected routes. */
  connected(node: LabNode, address: string): Step | undefined {
    for (const port of node.interfaces) {
      const link = this.#links.get(port.link);
      if (!link || !this.routes.isLinkAlive(link) || !this.isOwner(port.neighbour, address)) continue;
      if (link.kind === 'access' || this.#ownsOnLink(port.neighbour, port.link, address)) {
        return { to: port.neighbour, links: [port.link] };
      }
    }
    return undefined;
  }

  #ownsOnLink(neighbour: string, link: string, address: string): boolean {
    const port = this.node(neighbour).interfaces.find((candidate) => candidate.link === link);
    return [port?.addresses?.ipv4, port?.addresses?.ipv6].some(
      (text) => text !== undefined && canonical(text.split('/')[0] ?? '') === address,
    );
  }

  #own(address: string, node: string): void {
    const owners = this.#owners.get(address) ?? new Set();
    this.#owners.set(address, owners.add(node));
  }
}

interface Step {
  to: string;
  links: string[];
}

export function followPath(forwarding: Forwarding, from: string, destination: string): PredictedPath {
  const address = canonical(destination);
  const path: PredictedPath = { nodes: [from], links: [], delayMs: 0, reached: false };
  let current = from;
  for (let hop = 0; hop < MAXIMUM_HOPS; hop++) {
    if (!forwarding.routes.isNodeAlive(current)) return { ...path, failure: 'unreachable' };
    if (forwarding.isOwner(current, address)) return { ...path, reached: true };
    const step = nextStep(forwarding, current, address);
    if (!step) return { ...path, failure: 'unreachable' };
    for (const link of step.links) path.delayMs = roundMs(path.delayMs + forwarding.delayMs(link));
    path.links.push(...step.links);
    path.nodes.push(step.to);
    current = step.to;
  }
  return { ...path, failure: 'loop' };
}

function nextStep(forwarding: Forwarding, current: string, address: string): Step | undefined {
  const node = forwarding.node(current);
  const connected = forwarding.connected(node, address);
  if (connected) return connected;
  if (node.kind === 'client') {
    const port = node.interfaces[0];
    const gateway = node.defaultGateway && canonical(node.defaultGateway.ipv4);
    return port && gateway ? forwarding.connected(node, gateway) : undefined;
  }
  const route = forwarding.lookup(current, address);
  if (route?.nextHop !== undefined) {
    return route.internal
      ? inside(forwarding, current, route.nextHop)
      : { to: route.nextHop, links: route.links };
  }
  // A loopback of the same transit: only the IGP knows it.
  for (const router of forwarding.routes.igp.get(current)?.keys() ?? []) {
    if (forwarding.isOwner(router, address)) return inside(forwarding, current, router);
  }
  return undefined;
}

function inside(forwarding: Forwarding, from: string, to: string): Step | undefined {
  const route = forwarding.routes.igp.get(from)?.get(to);
  return route && { to: route.nextHop, links: [route.link] };
}

/** RFC 5952 text, whatever the topology's spelling; remembered, since the same addresses come up for every path. */
function canonical(address: string): string {
  const known = canonicalTexts.get(address);
  if (known !== undefined) return known;
  const bytes = parseAddress(address);
  const text = bytes ? formatAddress(bytes) : address;
  if (canonicalTexts.size >= CANONICAL_TEXTS_KEPT) canonicalTexts.clear();
  canonicalTexts.set(address, text);
  return text;
}

const CANONICAL_TEXTS_KEPT = 10_000; // all addresses of the largest topology, and a bound for a long-running process
const canonicalTexts = new Map<string, string>();

/** Sums of decimal delays without binary noise: a nanosecond is more than any delay states. */
export function roundMs(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
