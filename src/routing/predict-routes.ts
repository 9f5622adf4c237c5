// Computes, from the topology alone, the routes that all BIRDs settle on: each prefix is announced by its origin and
// spreads session by session, import policy, decision and export policy at each router, until nothing changes.

import { parseAddress } from '../net/ip-address.ts';
import type {
  BgpSession,
  DualStack,
  LabNode,
  Link,
  ResolvedTopology,
  SessionEnd,
} from '../topology/resolved.ts';
import { bestRoute, type Route } from './bgp-decision.ts';
import { type IgpTables, igpTables } from './igp.ts';
import { isLoop, LOCAL_PREFERENCE, mayExport } from './policy.ts';

export interface PredictionOptions {
  failedNodes?: readonly string[];
  failedLinks?: readonly string[];
  /** POPs (node names) that announce no anycast prefix: drained or unhealthy. */
  withdrawn?: readonly string[];
}

/** What one router knows of one prefix. */
export interface RibEntry {
  best: Route;
  /** All usable routes, the best included: what the decision chose from. */
  candidates: Route[];
}

export interface PredictedRoutes {
  topology: ResolvedTopology;
  igp: IgpTables;
  isNodeAlive: (node: string) => boolean;
  isLinkAlive: (link: Link) => boolean;
  /** By IPv4 prefix (both families of a prefix share their fate): by node. */
  ribs: Map<string, { prefix: DualStack; byNode: Map<string, RibEntry> }>;
}

/** A session as its one end sends and its other receives. */
interface Direction {
  from: LabNode;
  to: LabNode;
  session: BgpSession;
  sender: SessionEnd;
  receiver: SessionEnd;
  /** Link to the neighbour (ebgp), or the member's port (rs). */
  link?: string;
  /** BGP identifier and address of the sending end, as numbers. */
  routerId: number;
  neighbourAddress: number;
}

const MAXIMUM_CHANGES_PER_NODE = 200; // the lab's policies are safe (Gao and Rexford), so this means our own mistake

export function predictRoutes(topology: ResolvedTopology, options: PredictionOptions = {}): PredictedRoutes {
  const failedNodes = new Set(options.failedNodes);
  const failedLinks = new Set(options.failedLinks);
  const isNodeAlive = (node: string) => !failedNodes.has(node);
  const isLinkAlive = (link: Link) =>
    !failedLinks.has(link.name) && isNodeAlive(link.a.node) && isNodeAlive(link.b.node);
  const igp = igpTables(topology, isLinkAlive);
  const routes: PredictedRoutes = { topology, igp, isNodeAlive, isLinkAlive, ribs: new Map() };
  const outgoing = liveDirections(routes);

  const withdrawn = new Set(options.withdrawn);
  const origins = new Map<string, { prefix: DualStack; nodes: string[]; anycast: boolean }>();
  for (const { node, prefix, kind } of topology.originations) {
    const known = origins.get(prefix.ipv4) ?? { prefix, nodes: [], anycast: kind !== 'unicast' };
    origins.set(prefix.ipv4, known);
    if (isNodeAlive(node) && !(kind !== 'unicast' && withdrawn.has(node))) known.nodes.push(node);
  }
  for (const [key, { prefix, nodes, anycast }] of origins) {
    routes.ribs.set(key, { prefix, byNode: spread(nodes, anycast, outgoing, igp) });
  }
  return routes;
}

/** By sending node, only sessions whose link or IGP path is alive. */
function liveDirections(routes: PredictedRoutes): Map<string, Direction[]> {
  const { topology, igp, isNodeAlive, isLinkAlive } = routes;
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  const links = new Map(topology.links.map((link) => [link.name, link]));
  const outgoing = new Map<string, Direction[]>();
  for (const session of topology.sessions) {
    const [a, b] = [nodes.get(session.a.node), nodes.get(session.b.node)];
    if (!a || !b || !isNodeAlive(a.name) || !isNodeAlive(b.name)) continue;
    const linkName = session.link ?? (session.kind === 'rs' ? portTo(a, b.name) : undefined);
    const link = linkName === undefined ? undefined : links.get(linkName);
    if (session.kind === 'ibgp' ? !igp.get(a.name)?.has(b.name) : !link || !isLinkAlive(link)) continue;
    for (const [from, to, sender, receiver] of [
      [a, b, session.a, session.b],
      [b, a, session.b, session.a],
    ] as const) {
      const list = outgoing.get(from.name) ?? [];
      list.push({
        from,
        to,
        session,
        sender,
        receiver,
        link: linkName,
        routerId: addressNumber(from.loopback.ipv4),
        neighbourAddress: addressNumber(sender.addresses.ipv4),
      });
      outgoing.set(from.name, list);
    }
  }
  return outgoing;
}

function portTo(member: LabNode, bridge: string): string | undefined {
  return member.interfaces.find((port) => port.neighbour === bridge)?.link;
}

/** One prefix to its fixed point: whoever's best route changes tells its neighbours, first come first served. */
function spread(
  origins: string[],
  anycast: boolean,
  outgoing: Map<string, Direction[]>,
  igp: IgpTables,
): Map<string, RibEntry> {
  const received = new Map<string, Map<Direction | 'self', Route>>();
  const best = new Map<string, { route: Route; via: Direction | 'self' }>();
  const changes = new Map<string, number>();
  const queue: string[] = [];
  for (const origin of origins) {
    const own: Route = {
      origin,
      asPath: [],
      learnedFrom: 'self',
      localPreference: 100,
      internal: false,
      links: [],
      igpCost: 0,
      routerId: 0,
      neighbourAddress: 0,
    };
    received.set(origin, new Map([['self', own]]));
    best.set(origin, { route: own, via: 'self' });
    queue.push(origin);
  }
  for (let head = 0; head < queue.length; head++) {
    const sender = queue[head] ?? '';
    const chosen = best.get(sender);
    for (const direction of outgoing.get(sender) ?? []) {
      const node = direction.to.name;
      const table = received.get(node) ?? new Map<Direction | 'self', Route>();
      received.set(node, table);
      // BIRD never sends a route back to the session it came from; what was sent there before is withdrawn.
      const sendable = chosen && !(chosen.via !== 'self' && chosen.via.session === direction.session);
      const route = sendable ? transmit(chosen.route, direction, anycast, igp) : undefined;
      if (route) table.set(direction, route);
      else if (!table.delete(direction)) continue;
      if (!choose(node, table, best)) continue;
      const count = (changes.get(node) ?? 0) + 1;
      if (count > MAXIMUM_CHANGES_PER_NODE)
        throw new Error(`routes to the prefix of ${origins} never settle at ${node}`);
      changes.set(node, count);
      queue.push(node);
    }
  }
  const ribs = new Map<string, RibEntry>();
  for (const [node, { route }] of best) {
    ribs.set(node, { best: route, candidates: [...(received.get(node)?.values() ?? [])] });
  }
  return ribs;
}

/** Decides anew; true when the best route is another one than before. */
function choose(
  node: string,
  table: Map<Direction | 'self', Route>,
  best: Map<string, { route: Route; via: Direction | 'self' }>,
): boolean {
  const before = best.get(node);
  const route = bestRoute(table.values());
  if (!route) return best.delete(node);
  if (before && sameRoute(before.route, route)) return false;
  for (const [via, candidate] of table) if (candidate === route) best.set(node, { route, via });
  return true;
}

function sameRoute(a: Route, b: Route): boolean {
  return (
    a === b ||
    (a.origin === b.origin &&
      a.nextHop === b.nextHop &&
      a.entry === b.entry &&
      a.learnedFrom === b.learnedFrom &&
      a.routerId === b.routerId &&
      a.neighbourAddress === b.neighbourAddress &&
      a.asPath.length === b.asPath.length &&
      a.asPath.every((asn, i) => asn === b.asPath[i]))
  );
}

/** Export at the one end and import at the other; undefined where either refuses. */
function transmit(route: Route, direction: Direction, anycast: boolean, igp: IgpTables): Route | undefined {
  const { from, to, session, sender, receiver, link, routerId, neighbourAddress } = direction;
  const base = { origin: route.origin, routerId, neighbourAddress };
  if (session.kind === 'ibgp') {
    const path = igp.get(to.name)?.get(from.name);
    if (route.internal || !path) return undefined;
    const { asPath, learnedFrom, localPreference, entry } = route;
    const inside = { internal: true, nextHop: from.name, links: [], igpCost: path.cost };
    return { ...base, ...inside, asPath, learnedFrom, localPreference, entry };
  }
  const isRouteServer = session.kind === 'rs' && from.kind === 'ixp';
  const toRouteServer = session.kind === 'rs' && to.kind === 'ixp';
  if (!isRouteServer && !mayExport(route.learnedFrom, sender.neighbourIs ?? 'peer')) return undefined;
  const asPath = isRouteServer ? route.asPath : [from.asn, ...route.asPath];
  if (isLoop(asPath, to.asn, to.kind === 'pop')) return undefined;
  if (anycast && to.kind === 'pop' && asPath.includes(to.asn)) return undefined;
  const learnedFrom = receiver.neighbourIs ?? 'peer';
  const member = isRouteServer ? route.nextHop : from.name;
  return {
    ...base,
    asPath,
    learnedFrom,
    localPreference: toRouteServer ? 100 : LOCAL_PREFERENCE[learnedFrom],
    internal: false,
    entry: member,
    nextHop: member,
    links: [...(isRouteServer ? route.links : []), ...(link === undefined ? [] : [link])],
    igpCost: 0,
  };
}

function addressNumber(address: string): number {
  return [...(parseAddress(address) ?? [])].reduce((value, byte) => value * 256 + byte, 0);
}
