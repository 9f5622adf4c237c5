// The words of the lab: a topology after validation, with every name, address, delay and session worked out.
// Flat lists with names as references, so that each consumer (BIRD configs, catchment prediction, link shaping,
// zone files, reports) reads what it needs and nothing is computed twice. Pure data: JSON in, JSON out.

import type { Coordinates } from '../net/great-circle.ts';

export type TimerProfileName = 'fast' | 'default' | 'internet';

export interface City extends Coordinates {
  /** Display name, as in the gazetteer: `Frankfurt`. */
  name: string;
  /** Three lower-case letters used in node names: `fra`. */
  code: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** AF AN AS EU NA OC SA, as in GeoLite2. */
  continent: string;
}

export type NodeKind =
  /** A transit provider's router: BIRD. */
  | 'router'
  /** The peering LAN of an IXP and its route server: a bridge and BIRD. */
  | 'ixp'
  /** BIRD, GeoDNS, edge cache, agent. */
  | 'pop'
  /** An eyeball network's router and recursive resolver: BIRD and unbound. */
  | 'access'
  /** A user's machine behind an access network: nothing runs there but what is executed in it. */
  | 'client'
  /** One site of the public anycast resolver: BIRD and unbound. */
  | 'resolver'
  /** BIRD and the origin server. */
  | 'origin'
  /** BIRD and the name server for the root, `test.` and the reverse zones. */
  | 'root';

/** Both families of one thing; the text of addresses (no length) or prefixes (with length), as the field says. */
export interface DualStack {
  ipv4: string;
  ipv6: string;
}

export interface LabInterface {
  /** Linux interface name, at most 15 characters, unique in its node: the neighbour's node name where it fits. */
  name: string;
  link: string;
  /** The node at the other end. */
  neighbour: string;
  /** `address/length` in each family; absent on the ports of an IXP's bridge. */
  addresses?: DualStack;
}

export interface LabNode {
  name: string;
  kind: NodeKind;
  city: City;
  /** Name of the autonomous system it belongs to; a client's is its access network's. */
  as: string;
  asn: number;
  /**
   * Node-wide addresses without length (they are /32 and /128 on `lo`); the IPv4 one is the BGP router id. A client,
   * which runs no BGP, has its own address here, the same as on its interface.
   */
  loopback: DualStack;
  /** Further addresses on `lo`, without length: what services listen on (edge, DNS, anycast, resolver). */
  serviceAddresses: DualStack[];
  interfaces: LabInterface[];
  /**
   * IXPs only: all interfaces are ports of this bridge, the peering LAN, and it carries the route server's addresses
   * on the LAN (`address/length`).
   */
  bridge?: { name: string; addresses: DualStack };
  /** Where packets go by default: set on clients only (their access router). */
  defaultGateway?: DualStack;
}

export type LinkKind =
  /** Inside one transit AS. */
  | 'backbone'
  /** Between two ASes, in one city or between two. */
  | 'interconnect'
  /** Router to IXP bridge. */
  | 'ixp-port'
  /** Client to its access router: the last mile. */
  | 'access';

export interface Link {
  /** `a--b` (node names), with `--2` and so on for parallel links. What `./lab fail` and `./lab link` take. */
  name: string;
  kind: LinkKind;
  a: { node: string; interface: string };
  b: { node: string; interface: string };
  /** One-way delay, the same in both directions. */
  delayMs: number;
  jitterMs: number;
  lossPercent: number;
  rateMbit?: number;
  /** Where the delay comes from, for reports: a citation, `stated in the topology`, or the formula. */
  delaySource: string;
}

/** What the neighbour is to this end (Gao-Rexford 2001): routes learned from it are marked and ranked by this. */
export type Relationship = 'customer' | 'peer' | 'provider';

export interface SessionEnd {
  node: string;
  asn: number;
  /** Addresses the session runs between: interface addresses for eBGP, loopbacks for iBGP; no length. */
  addresses: DualStack;
  /** eBGP only: what the other end is to this one. */
  neighbourIs?: Relationship;
}

export interface BgpSession {
  /** `ebgp` between ASes; `ibgp` inside one; `rs` from a member to an IXP route server (a is the member). */
  kind: 'ebgp' | 'ibgp' | 'rs';
  a: SessionEnd;
  b: SessionEnd;
  /** The link it runs over; absent for ibgp and rs. */
  link?: string;
  /** Supervised by BFD (RFC 5880): sessions of POPs when the topology says so. */
  bfd: boolean;
}

/** A prefix that a node originates into BGP. */
export interface Origination {
  node: string;
  prefix: DualStack;
  /** `anycast-http` and `anycast-dns` are announced only while the local service is healthy. */
  kind: 'unicast' | 'anycast-http' | 'anycast-dns';
}

export interface Pop {
  /** Node name: `pop-fra`. */
  name: string;
  /** Label under cdn.test and in X-POP: `fra`. */
  code: string;
  city: City;
  unicastPrefix: DualStack;
  /** Unicast addresses, no length. */
  edge: DualStack;
  dns: DualStack;
}

export type AccessProfileName = 'fibre' | 'cable' | 'dsl' | 'lte' | 'satellite' | 'lab';

export interface ClientLocation {
  /** Node name, also the location's: `london`. */
  name: string;
  city: City;
  /** Weight: Internet users of this location's catchment, in millions. */
  users: number;
  access: AccessProfileName;
  accessNode: string;
  accessAsn: number;
  /** The location's prefix, `100.64.3.0/24` and `2001:db8:4003::/48`. */
  prefix: DualStack;
  /** The client node's own addresses, no length. */
  address: DualStack;
  /** Name of a Resolver. */
  resolver: string;
}

export interface Resolver {
  /** `isp-london`, or `public` for the anycast one. */
  name: string;
  /** Nodes it runs on: one, or every site of the public resolver. */
  nodes: string[];
  /** Where clients ask, no length. */
  address: DualStack;
  /** Per node, in the order of `nodes`: where it asks from, no length. */
  egress: DualStack[];
  /** EDNS Client Subnet (RFC 7871) sent to the CDN's name servers. */
  sendsClientSubnet: boolean;
  serveExpired: boolean;
}

export interface SteeringSettings {
  /** Policy of `www.cdn.test`. */
  defaultPolicy: 'nearest' | 'latency' | 'anycast';
  ttlSeconds: number;
  health: { intervalSeconds: number; timeoutSeconds: number; rise: number; fall: number };
  /** `mixed`: anycast ns1 and two unicast ones; `anycast` or `unicast` alone. */
  nameServers: 'mixed' | 'anycast' | 'unicast';
  /** POP names that serve as the unicast name servers ns2 and ns3. */
  unicastNameServerPops: string[];
  /** Share (0-1) of client prefixes that the GeoIP database puts in a wrong city (stale data, as in life). */
  geoipErrorShare: number;
}

export interface CacheSettings {
  /** Of each edge. */
  memoryBytes: number;
  /** Of each edge; undefined: no disk tier. */
  diskBytes: number | undefined;
  /** POP names whose edges the others ask before the origin. */
  shieldPops: string[];
}

export interface ResolvedTopology {
  name: string;
  description: string;
  seed: number;
  timers: TimerProfileName;
  bfd: boolean;
  nodes: LabNode[];
  links: Link[];
  sessions: BgpSession[];
  originations: Origination[];
  pops: Pop[];
  clients: ClientLocation[];
  resolvers: Resolver[];
  origin: { node: string; address: DualStack };
  /** One node serves `.`, `test.` and the reverse zones, all on this address. */
  root: { node: string; address: DualStack };
  anycast: {
    http: { prefix: DualStack; address: DualStack };
    dns: { prefix: DualStack; address: DualStack };
  };
  cdnAsn: number;
  cache: CacheSettings;
  steering: SteeringSettings;
}
